/** Which messages match the filter policies of SNS by their attributes. */
import type { DeliveryAttribute } from '../targets/delivery.ts'
import { type Case, testCases } from './match-cases.ts'
import { attributesEvent, sns } from './patterns.ts'

type Attributes = Readonly<Record<string, DeliveryAttribute>>

const text = (value: string): DeliveryAttribute => ({ dataType: 'String', stringValue: value })
const number = (value: number): DeliveryAttribute => ({ dataType: 'Number', stringValue: String(value) })
const list = (value: string): DeliveryAttribute => ({ dataType: 'String.Array', stringValue: value })
const binary: DeliveryAttribute = { dataType: 'Binary', binaryValue: new Uint8Array([1]) }

const cases: readonly Case<Attributes>[] = [
  { pattern: {}, yes: [{}, { a: text('b') }] },
  {
    pattern: { store: ['value1'] },
    yes: [{ store: text('value1') }, { store: list('["value1","value2"]') }, { store: text('value1'), other: binary }],
    no: [{}, { store: text('VALUE1') }, { store: list('["value2","value3"]') }, { other: text('value1') }],
  },
  {
    pattern: { a: ['x'], b: ['y', 'z'] },
    yes: [{ a: text('x'), b: text('z') }],
    no: [{ a: text('x') }, { b: text('y') }],
  },
  { pattern: { 'a.b': ['x'] }, yes: [{ 'a.b': text('x') }], no: [{ a: text('x') }] },
  // Types
  {
    pattern: { a: [12] },
    yes: [{ a: number(12) }, { a: list('[12]') }, { a: list('12') }],
    no: [{ a: text('12') }, { a: list('["12"]') }, { a: list('13') }, { a: list('true') }],
  },
  { pattern: { a: ['12'] }, yes: [{ a: text('12') }], no: [{ a: number(12) }] },
  {
    pattern: { a: [true, null] },
    yes: [{ a: list('[true]') }, { a: list('["x",null]') }],
    no: [{ a: text('true') }, { a: text('null') }, {}, { a: list('[false]') }],
  },
  { pattern: { a: ['x'] }, yes: [{ a: { dataType: 'String.label', stringValue: 'x' } }] },
  { pattern: { a: [1.5] }, yes: [{ a: { dataType: 'Number.float', stringValue: '1.50' } }] },
  // Binary attributes and those that can't be read
  { pattern: { a: [{ exists: true }] }, no: [{ a: binary }, { a: list('not a list') }, { a: list('"text"') }] },
  { pattern: { a: [{ exists: false }] }, yes: [{ a: binary }], no: [{ a: list('not a list') }] },
  {
    pattern: { a: [{ 'anything-but': 'x' }] },
    no: [{ a: binary }, { a: list('not a list') }, { a: { dataType: 'Number', stringValue: '0x10' } }],
  },
  // Prefix, suffix, case
  {
    pattern: { a: [{ prefix: 'au' }] },
    yes: [{ a: text('auto') }, { a: text('au') }],
    no: [{ a: text('Auto') }, { a: number(1) }],
  },
  { pattern: { a: [{ suffix: 'to' }] }, yes: [{ a: text('auto') }], no: [{ a: text('autos') }, { a: text('o') }] },
  { pattern: { a: [{ 'equals-ignore-case': 'Auto' }] }, yes: [{ a: text('aUTO') }], no: [{ a: text('autos') }] },
  {
    pattern: { a: [{ prefix: 'x' }, { suffix: 'y' }, 'z'] },
    yes: [{ a: text('xa') }, { a: text('ay') }, { a: text('z') }],
    no: [{ a: text('yx') }],
  },
  {
    pattern: { a: [{ wildcard: 'a*b*' }, { wildcard: '\\*' }] },
    yes: [{ a: text('ab') }, { a: text('axxbyy') }, { a: text('*') }],
    no: [{ a: text('ba') }, { a: text('x') }],
  },
  // Anything but
  {
    pattern: { a: [null, { 'anything-but': 'whatever' }] },
    yes: [{ a: text('x') }],
    no: [{}, { a: text('whatever') }],
  },
  {
    pattern: { a: [{ 'anything-but': ['x', 1] }] },
    yes: [{ a: text('1') }, { a: number(2) }, { a: list('["x","y"]') }, { a: list('[false]') }, { a: text('') }],
    no: [{ a: text('x') }, { a: number(1) }, { a: list('["x",1]') }, { a: list('[null]') }, { a: list('[]') }, {}],
  },
  {
    pattern: { a: [{ 'anything-but': { prefix: 'order-' } }] },
    yes: [{ a: text('order') }, { a: number(1) }],
    no: [{ a: text('order-1') }, {}],
  },
  { pattern: { a: [{ 'anything-but': { wildcard: '*b*' } }] }, yes: [{ a: text('ac') }], no: [{ a: text('abc') }] },
  // Numbers
  {
    pattern: { a: [{ numeric: ['>', 0, '<=', 100] }] },
    yes: [{ a: number(99) }, { a: number(100) }],
    no: [{ a: number(111) }, { a: number(0) }, { a: text('99') }],
  },
  {
    pattern: { a: [{ numeric: ['=', 3.015e2] }] },
    yes: [{ a: number(301.5) }, { a: list('[1, 301.50]') }],
    no: [{ a: number(301) }],
  },
  {
    pattern: { a: [{ numeric: ['<', 1] }] },
    yes: [{ a: number(-1e9) }, { a: number(0.99999) }],
    no: [{ a: number(1) }, { a: number(-1e9 - 1) }],
  },
  { pattern: { a: [{ numeric: ['<=', 1] }] }, yes: [{ a: number(1) }], no: [{ a: number(1.00001) }] },
  {
    pattern: { a: [{ numeric: ['>', -1.5] }] },
    yes: [{ a: number(-1.49999) }, { a: number(1e9) }],
    no: [{ a: number(-1.5) }, { a: number(1e9 + 1) }],
  },
  {
    pattern: { a: [{ numeric: ['>=', 1, '<', 2] }] },
    yes: [{ a: number(1) }, { a: number(1.99999) }],
    no: [{ a: number(2) }, { a: number(0.99999) }],
  },
  {
    pattern: { a: [{ numeric: ['=', 0.1] }, 0.2] },
    yes: [{ a: number(0.100001) }, { a: number(0.2000001) }],
    no: [{ a: number(0.10002) }],
  },
  // Existence
  {
    pattern: { store: [{ exists: true }] },
    yes: [{ store: number(99), def: text('x') }],
    no: [{ attr1: text('x') }, { store: text('') }, { store: list('[]') }, { store: list('[null]') }],
  },
  {
    pattern: { store: [{ exists: false }] },
    yes: [{ def: text('x') }, {}],
    no: [{ store: text('x'), def: text('x') }, { store: text('') }],
  },
  { pattern: { a: [{ exists: false }, 'x'] }, yes: [{}, { a: text('x') }], no: [{ a: text('y') }] },
  // Addresses
  {
    pattern: { a: [{ cidr: '10.0.0.0/24' }] },
    yes: [{ a: text('10.0.0.255') }, { a: text('10.0.0.0') }],
    no: [
      { a: text('10.0.1.0') },
      { a: text('10.0.0.256') },
      { a: text('10.0.0') },
      { a: text('::ffff:10.0.0.1') },
      { a: number(10) },
    ],
  },
  // Alternatives
  {
    pattern: { source: ['s'], $or: [{ a: ['x'] }, { b: ['y'], $or: [{ c: [1] }, { d: [2] }] }] },
    yes: [
      { source: text('s'), a: text('x') },
      { source: text('s'), b: text('y'), d: number(2) },
    ],
    no: [
      { a: text('x') },
      { source: text('s'), b: text('y') },
      { source: text('s'), c: number(1) },
      { source: text('s') },
    ],
  },
  {
    pattern: { a: ['x'], $or: [{ a: [{ prefix: 'x' }] }, { a: ['y'] }] },
    yes: [{ a: text('x') }],
    no: [{ a: text('y') }],
  },
  // What is no choice is a key like any other.
  {
    pattern: { $or: ['x', { prefix: 'y' }] },
    yes: [{ $or: text('x') }, { $or: text('yz') }],
    no: [{}, { x: text('x') }],
  },
  {
    pattern: { $or: [{ prefix: 'abc' }, { suffix: 'xyz' }] },
    yes: [{ $or: text('abcdef') }, { $or: text('uvwxyz') }],
    no: [{}, { $or: text('abdef') }, { prefix: text('abc') }],
  },
]

testCases(sns, cases, attributesEvent)
