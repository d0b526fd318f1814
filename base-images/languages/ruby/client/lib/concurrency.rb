# frozen_string_literal: true

# Managed Instances: N processes, each of which loads the function and asks for events on its own. Ruby's threads take
# turns at one lock, so only processes handle N invocations at the same time; and handlers share nothing by accident.
#
# They are forked before the function is loaded, so that no connection or thread of its own is shared. One that dies
# leaves the others running.

module LambdaImage
  module Concurrency
    MOST = 1600 # of Lambda's own API: PerExecutionEnvironmentMaxConcurrency
    PROVIDER = "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"

    class << self
      # Fork the workers, and end when the last has ended, with the status of the first that failed.
      def run(count, &work)
        workers = Array.new(count) { start(&work) }
        trap("TERM") { workers.each { |worker| kill(worker) } }
        failed = 0
        until workers.empty?
          worker, status = Process.wait2 # process 1 inherits orphans too
          failed = status.exitstatus || 128 + status.termsig if workers.delete(worker) && failed.zero?
        end
        exit!(failed.zero? ? 1 : failed)
      end

      # How many invocations at once: 0, as if nothing had been asked for, where the text is no number that can be.
      def workers_of(text)
        text.match?(/\A[1-9][0-9]{0,3}\z/) && text.to_i <= MOST ? text.to_i : 0
      end

      private

      # A worker's hook may take its time: the parent waits for it.
      def kill(worker)
        Process.kill("TERM", worker)
      rescue Errno::ESRCH
        nil
      end

      def start
        fork do
          redirect_output(ENV[PROVIDER])
          yield
        rescue SystemExit
          raise # an orderly end of the function's, with what at_exit was given
        rescue Exception => e # rubocop:disable Lint/RescueException
          Kernel.warn(e.full_message)
          exit!(1)
        end
      end

      # A worker's output goes to the socket that the platform names; the parent's is connected already.
      def redirect_output(address)
        return if address.to_s.empty?

        [$stdout, $stderr].each do |stream|
          UNIXSocket.open(address) { |socket| stream.reopen(socket) }
        end
      end
    end
  end
end
