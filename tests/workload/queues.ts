/** The queues of a run, and what they hold. */
import type { Queue } from './receiving.ts'
import type { Scene } from './scene.ts'

export interface MoveQueues {
  /** Its messages go to `dead` when they are received a second time. */
  readonly source: Queue
  readonly dead: Queue & { readonly arn: string }
  readonly destination: Queue & { readonly arn: string }
}

export interface Queues {
  readonly standard: Queue
  readonly fifo: Queue
  readonly move: MoveQueues
}

export async function createQueues(scene: Scene): Promise<Queues> {
  const dead = await create(scene, 'dead')
  const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 })
  return {
    standard: await create(scene, 'standard'),
    fifo: await create(scene, 'ordered.fifo', { FifoQueue: 'true' }),
    move: {
      source: await create(scene, 'source', { RedrivePolicy: redrive }),
      dead,
      destination: await create(scene, 'moved'),
    },
  }
}

async function create(scene: Scene, name: string, Attributes: Record<string, string> = {}) {
  const created = await scene.callUntilAnswered((sqs) => sqs.createQueue({ QueueName: name, Attributes }))
  const url = created?.QueueUrl as string
  const described = await scene.callUntilAnswered((sqs) =>
    sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  )
  return { name, url, arn: described?.Attributes?.QueueArn as string }
}

/** Visible, in flight and delayed. */
export async function countMessages(scene: Scene, QueueUrl: string): Promise<number> {
  const described = await scene.callUntilAnswered((sqs) =>
    sqs.getQueueAttributes({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  )
  return Object.values(described?.Attributes ?? {}).reduce((sum, count) => sum + Number(count), 0)
}
