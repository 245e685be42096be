/** What must hold whenever the node is killed. Each is a check of the run: it passes if nothing was seen to break it. */
export const rules = {
  starts: 'the node starts again after each kill, and ends only when it is killed',
  files: 'the database passes its integrity check, and its counters agree with its rows',
  answers: 'no call is answered with an error that it did not deserve',
  arrives: 'every message whose send was acknowledged is received, unchanged and under one id',
  stays: 'no message comes back after its deletion was acknowledged',
  counts: 'receive counts go up',
  hidden: 'what is in flight stays in flight until its visibility timeout',
  delayed: 'no message is received before its delay is over',
  ordered: 'a message of a FIFO group is received only after those before it',
  deduplicated: 'a repeated send is answered with the original, and is not received again',
  handles: 'a receipt handle from before a kill is good after it',
  moved: 'a move task ends, and has moved each message once',
  purged: 'what was purged stays away, and the next purge within a minute is refused',
  clock: 'the clock stays where it was shifted to',
  exercised: 'each of these was put to the test',
} as const

export type Rule = keyof typeof rules
