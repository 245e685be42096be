/** The life of a platform application. */
import { schedule } from '../../../kernel/jobs/jobs.ts'
import { ConcurrentChange, single } from '../../../kernel/store/store.ts'
import type { PlatformApplicationAddress } from '../model/arn.ts'
import type { GivenAttributes } from '../model/attribute-checks.ts'
import {
  changePlatformApplicationAttributes,
  checkSamePlatformApplication,
  type PlatformApplicationAttributes,
} from '../model/platform-application.ts'
import {
  findApplication,
  holdApplication,
  lockApplication,
  type PlatformApplication,
  readApplications,
  requireApplication,
} from './mobile.ts'

export const COLLECT_APPLICATION_JOB = 'sns.collectApplication'

export interface CreateApplicationCall {
  readonly application: PlatformApplicationAddress
  readonly attributes: PlatformApplicationAttributes
}

/** Creates the application, or finds the one of that name if its attributes are those that were given. */
export const createPlatformApplication = single(
  'sns.createPlatformApplication',
  async (tx, { application: address, attributes }: CreateApplicationCall): Promise<void> => {
    const existing = await findApplication(tx, address)
    if (existing !== undefined) return checkSamePlatformApplication(existing.attributes, attributes)
    const [applicationId] = (await tx.nextIds(1)) as [number]
    const { accountId, region, platform, name } = address
    const row = {
      account: accountId,
      region,
      platform,
      name,
      application_id: applicationId,
      attributes: JSON.stringify(attributes),
    }
    const created = await tx.insertAbsent('sns_platform_application', Object.keys(row), [Object.values(row)])
    if (created === 0) throw new ConcurrentChange('an application of this name was created at the same time')
  },
)

/** Deletes the application, if there is one. Its devices are gone with it; a job collects their rows. */
export const deletePlatformApplication = single(
  'sns.deletePlatformApplication',
  async (tx, address: PlatformApplicationAddress): Promise<void> => {
    lockApplication(tx, address)
    const application = await findApplication(tx, address)
    if (application === undefined) return
    const { applicationId } = application
    await tx.run('delete from sns_platform_application where application_id = ?', [applicationId])
    await schedule(tx, {
      kind: COLLECT_APPLICATION_JOB,
      key: String(applicationId),
      due: tx.now,
      payload: { applicationId },
    })
  },
)

const SLICE = 1_000

/** Deletes a slice of the devices of a deleted application. True if there may be more. */
export const collectApplication = single(
  'sns.collectApplication',
  async (tx, { applicationId }: { applicationId: number }): Promise<boolean> => {
    const deleted = await tx.run(
      `delete from sns_platform_endpoint where application_id = ? and id in (
         select id from sns_platform_endpoint where application_id = ? limit ?)`,
      [applicationId, applicationId, SLICE],
    )
    return deleted === SLICE
  },
)

/** Throws NotFound. */
export const getPlatformApplication = single(
  'sns.getPlatformApplication',
  (tx, address: PlatformApplicationAddress): Promise<PlatformApplication> => requireApplication(tx, address),
)

export interface SetApplicationAttributesCall {
  readonly application: PlatformApplicationAddress
  readonly given: GivenAttributes
}

/** Throws NotFound, and InvalidParameter for the attributes. */
export const setPlatformApplicationAttributes = single(
  'sns.setPlatformApplicationAttributes',
  async (tx, { application: address, given }: SetApplicationAttributesCall): Promise<void> => {
    const { applicationId, attributes, platform, region } = await holdApplication(tx, address)
    const changed = changePlatformApplicationAttributes(attributes, given, platform, region)
    await tx.run('update sns_platform_application set attributes = ? where application_id = ?', [
      JSON.stringify(changed),
      applicationId,
    ])
  },
)

export interface ListApplicationsCall {
  readonly accountId: string
  readonly region: string
  /** Those after this one. */
  readonly after: Pick<PlatformApplicationAddress, 'platform' | 'name'>
  readonly limit: number
}

/** By platform and name. */
export const listPlatformApplications = single(
  'sns.listPlatformApplications',
  (tx, { accountId, region, after, limit }: ListApplicationsCall): Promise<PlatformApplication[]> =>
    readApplications(
      tx,
      'where account = ? and region = ? and (platform, name) > (?, ?) order by platform, name limit ?',
      [accountId, region, after.platform, after.name, limit],
    ),
)
