/** The region that a host name says: what a request means that names none in its credentials. */

/** As AWS names regions: `eu-west-1`, `us-gov-east-1`. Strict, since hosts have all kinds of numbered names. */
const REGION_LABEL =
  /(?:^|\.)([a-z]{2,4}(?:-(?:gov|iso[a-z]?|[a-z]{2}))?-(?:central|east|west|(?:north|south)(?:east|west)?)-\d{1,2})\./

/** The first label of `host` that is a region, as in `sqs.eu-west-1.example.com`; undefined if none is. */
export const regionOfHost = (host: string): string | undefined => REGION_LABEL.exec(host.toLowerCase())?.[1]
