/** What must hold whatever befalls the nodes. Each is a check of the run: it passes if nothing was seen to break it. */
export const rules = {
  recovers: 'after each fault the nodes are ready again by themselves, and they end only when they are killed',
  stored: 'what is stored passes its checks, and counters agree with rows',
  answers: 'no call is answered with an error that it did not deserve',
  arrives:
    'every message whose send was acknowledged is received, unchanged, and no more often stored than it was sent',
  stays: 'no message comes back after its deletion was acknowledged',
  counts: 'receive counts go up',
  hidden: 'what is in flight stays in flight until its visibility timeout',
  delayed: 'no message is received before its delay is over',
  ordered: 'a message of a FIFO group is received only after those before it',
  deduplicated: 'a repeated send is answered with the original, and is not received again',
  handles: 'a receipt handle is good after a fault, and on a FIFO queue only until the next receive',
  moved: 'a move task ends, and has moved each message once',
  purged: 'what was purged stays away, and the next purge within a minute is refused',
  fannedOut: 'a publish reaches every queue that is to have it, once and in order, or none',
  notified: 'every HTTP endpoint gets every acknowledged publish',
  clock: 'the clock stays where it was shifted to',
  exercised: 'each of these was put to the test',
} as const

export type Rule = keyof typeof rules
