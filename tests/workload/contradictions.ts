/**
 * Where the tables of a store can disagree, whichever engine keeps them: queries by what their rows mean, each row naming
 * a backlog as `id`. Backlogs that are being collected may disagree: nobody reads them any more.
 */
const CONTRADICTIONS: Readonly<Record<string, string>> = {
  'a counter of messages is wrong': `
    select backlog_id from (
      select backlog_id, messages from sqs_depth
      union all select backlog_id, -count(*) from sqs_message group by backlog_id
      union all select backlog_id, -sum(messages) from sqs_bundle group by backlog_id
    ) as changes group by backlog_id having sum(messages) <> 0`,
  'a group without messages has a row': `
    select backlog_id from sqs_group as g where not exists (
      select 1 from sqs_message as m where m.backlog_id = g.backlog_id and m.group_id = g.group_id)`,
  'messages of a group without a row': `
    select distinct m.backlog_id from sqs_message as m where group_id is not null and not exists (
      select 1 from sqs_group as g where g.backlog_id = m.backlog_id and g.group_id = m.group_id)`,
  'a group is ready before its head is visible': `
    select g.backlog_id from sqs_group as g where ready_at < (
      select visible_at from sqs_message as m
      where m.backlog_id = g.backlog_id and m.group_id = g.group_id order by id limit 1)`,
}

export const contradictions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CONTRADICTIONS).map(([what, sql]) => [
    what,
    `select backlog_id as id from (${sql}) as disagreeing intersect select backlog_id from sqs_queue`,
  ]),
)
