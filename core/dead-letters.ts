/** The queues of what one hop could not hand on: made by the stack under these names, looked into by the sweep. docs/runbook.md */
export const DEAD_LETTER_QUEUES: readonly string[] = [
  'belay-event-dead-letters',
  'belay-command-dead-letters',
  'belay-sweep-dead-letters',
  'belay-expiry-dead-letters',
  'belay-notice-dead-letters',
  'belay-image-dead-letters',
  'belay-status-dead-letters.fifo',
];
