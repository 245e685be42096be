/**
 * Compiling shapes: every codec turns each shape into one function, once. A cell exists before its function does, so
 * that a recursive shape can refer to itself.
 */
import type { Shape } from './schema.ts'

export interface Cell<F> {
  run: F
}

/** Looks up the compiled function of a shape, compiling it and the shapes below it when first asked. */
export type Compiled<F> = (shape: Shape) => Cell<F>

export function compiler<F>(compile: (shape: Shape, of: Compiled<F>) => F): Compiled<F> {
  const cells = new WeakMap<Shape, Cell<F>>()
  const of: Compiled<F> = (shape) => {
    const known = cells.get(shape)
    if (known !== undefined) return known
    const cell = {} as Cell<F>
    cells.set(shape, cell)
    cell.run = compile(shape, of)
    return cell
  }
  return of
}

/** Gives the expression by which generated code calls the compiled function of another shape, less `.run(…)`. */
export type Reference = (shape: Shape) => string

/**
 * A compiler by way of source text, for hot paths: V8 then sees each member access as a constant. The source is made from
 * the model alone, never from a request; `rt` in it is `runtime`.
 */
export function generator<F>(
  parameters: string,
  bodyOf: (shape: Shape, cell: Reference) => string,
  runtime: object,
): Compiled<F> {
  return compiler((shape, of) => {
    const cells: Cell<F>[] = []
    const body = bodyOf(shape, (inner) => `cells[${cells.push(of(inner)) - 1}]`)
    const name = `${shape.kind}_${shape.name.replaceAll(/\W/g, '_')}`
    return new Function('cells', 'rt', `return function ${name}(${parameters}) { ${body} }`)(cells, runtime)
  })
}

/** A function that reads a wire value, adding the paths of absent required members to `missing`. */
export type Read<Wire> = (value: Wire, missing: string[]) => unknown

/** Puts `prefix` before the paths that were found from `from` on: they lie inside a member, item or entry. */
export function nest(missing: string[], from: number, prefix: string | number): void {
  for (let i = from; i < missing.length; i++) missing[i] = `${prefix}.${missing[i]}`
}
