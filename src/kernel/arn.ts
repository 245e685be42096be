/**
 * Amazon Resource Names: `arn:partition:service:region:account-id:resource`. The resource keeps its own colons and
 * slashes; region and account are empty where a service has none (`arn:aws:s3:::bucket`).
 *
 * The format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  readonly resource: string
}

const ARN = /^arn:(?<partition>[^:\s]+):(?<service>[^:\s]+):(?<region>[^:\s]*):(?<accountId>[^:\s]*):(?<resource>\S+)$/

/** Undefined if the text is not an ARN: each service words that error in its own way. */
export function parseArn(text: string): Arn | undefined {
  const fields = ARN.exec(text)?.groups as Arn | undefined
  return fields === undefined ? undefined : { ...fields }
}

/** The inverse of `parseArn`. */
export const formatArn = ({ partition, service, region, accountId, resource }: Arn): string =>
  `arn:${partition}:${service}:${region}:${accountId}:${resource}`

const ACCOUNT_ID = /^\d{12}$/

export const isAccountId = (text: string) => ACCOUNT_ID.test(text)

/** The partition of a region: `aws`, or that of China or of the government's cloud. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return 'aws'
}
