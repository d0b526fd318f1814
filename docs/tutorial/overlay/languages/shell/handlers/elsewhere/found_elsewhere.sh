handler() { echo '"elsewhere"'; }
