/** One node on a data directory, as the site of a run: killed and started again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeUnderTest } from '../workload/node-under-test.ts'
import type { Site } from '../workload/scene.ts'

export class SingleNode implements Site {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  readonly node = new NodeUnderTest({ dataDir: this.dataDir })
  readonly cutsClientsOff = true
  faults = 0

  get urls(): readonly string[] {
    return [this.node.url]
  }

  async pick(): Promise<string> {
    await this.node.up()
    return this.node.url
  }

  async start(): Promise<void> {
    await this.node.start()
  }

  /** Kills it; `meanwhile` is done before it is started again. */
  async upset(meanwhile?: () => Promise<void> | void): Promise<void> {
    await this.node.kill()
    await meanwhile?.()
    await this.node.start()
    this.faults++
  }

  removeData(): void {
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}
