package lambda

import (
	"runtime"
	"runtime/debug"
)

const (
	// What counts as large: events and results that leave a mark on a heap that is small otherwise.
	largeBytes = 2 << 20
	// A function that keeps more than this is not helped by giving a few MB back, and each collection costs it more.
	smallHeap = 64 << 20
)

// tidy gives the memory of a large event or result back before the process waits, perhaps for hours: the collector
// runs on allocation, so on its own it would keep that garbage until the next event.
func (w *worker) tidy(invocation *invocation) {
	large := max(len(invocation.payload), invocation.posted) >= largeBytes
	invocation.payload = nil
	if !large || w.group != nil || liveHeap() > smallHeap {
		return
	}
	runtime.GC() // encoding/json keeps its buffers through one collection
	debug.FreeOSMemory()
}

// liveHeap is about what was alive at the last collection: the next one comes when the heap is twice as large.
func liveHeap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NextGC / 2
}
