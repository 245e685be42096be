/** The one pattern engine, for SNS filter policies and EventBridge event patterns. */
export { type Dialect, eventBridge, PatternError, sns, snsExtended } from './dialect.ts'
export { attributesEvent, bodyEvent, type Event } from './event.ts'
export { matches } from './matches.ts'
export { type Pattern, parsePattern } from './pattern.ts'
export { PatternIndex } from './pattern-index.ts'
