/** Models come from src/generated/<id>.json; one is read when first asked for, and its shapes when first used. */
import { readFileSync } from 'node:fs'
import { type CompactModel, hydrate } from './hydrate.ts'
import type { Model } from './schema.ts'

const generated = new URL('../../generated/', import.meta.url)
const models = new Map<string, Model>()

/**
 * The model of a service, by id (`sqs`); read once. Throws if there is no generated schema of that name: that is a
 * mistake in the program or its installation, never in a request.
 */
export function loadModel(id: string): Model {
  const known = models.get(id)
  if (known !== undefined) return known
  const model = hydrate(readCompact(id))
  models.set(id, model)
  return model
}

function readCompact(id: string): CompactModel {
  const file = new URL(`${id}.json`, generated)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CompactModel
  } catch (cause) {
    throw new Error(`no usable schema for service '${id}': run scripts/generate.mjs`, { cause })
  }
}
