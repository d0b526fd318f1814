# frozen_string_literal: true

# SnapStart: hooks before the snapshot, the call that blocks through it, hooks after the restore. AWS's client for Ruby
# knows no hooks; a function that is to run with both asks `defined?(LambdaImage::SnapStart)`.

module LambdaImage
  module SnapStart
    TRIES = 5
    PAUSE = 0.05
    BEFORE_FAILED = 64 # exit statuses, those of AWS's client for Python
    AFTER_FAILED = 65

    @before = []
    @after = []

    class << self
      # Call the block before a snapshot is taken; the last registered runs first.
      def before_snapshot(&block)
        @before << block
      end

      # Call the block after the environment was restored from a snapshot; the first registered runs first.
      def after_restore(&block)
        @after << block
      end

      # Returns in the restored process; ends it where a hook fails.
      def pass_through(loop, api)
        run(@before.reverse, loop, "Runtime.BeforeSnapshotError", BEFORE_FAILED) { |*all| api.init_error(*all) }
        Logs.flush
        api.close # no connection lives through a snapshot
        wait_for_restore(loop, api)
        api.close
        run(@after, loop, "Runtime.AfterRestoreError", AFTER_FAILED) { |*all| api.restore_error(*all) }
        Logs.flush
      end

      private

      def run(hooks, loop, header, status, &call)
        hooks.each(&:call)
      rescue SignalException
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException
        finish(loop, Fault.new(e, header: header), status, &call)
      end

      # Where only the connection was lost on the way, the call is made again.
      def wait_for_restore(loop, api)
        problem = nil
        TRIES.times do
          answer = api.restore_next
          return if answer.status == 200

          problem = loop.describe(answer)
          break
        rescue ApiError => e
          problem = e.message
          Kernel.sleep(PAUSE)
        end
        error = RuntimeError.new("GET /runtime/restore/next failed: #{problem}")
        finish(loop, Fault.new(error, header: "Runtime.RestoreError"), BEFORE_FAILED) { |*all| api.init_error(*all) }
      end

      def finish(loop, fault, status, &call)
        loop.report(fault, &call)
        Loop.leave(status)
      end
    end
  end
end
