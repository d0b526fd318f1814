package main

// static int own(void) { return 43; }
// int answer(void);
import "C"

func answers() []int { return []int{int(C.answer()), int(C.own())} }
