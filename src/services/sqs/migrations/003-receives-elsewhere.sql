-- How many of a message's receives were from queues that it was in before it came here as a dead letter: a queue's
-- redrive policy counts the queue's own. Dead letters that are there already begin anew.
alter table sqs_message add column received_elsewhere integer not null default 0;
update sqs_message set received_elsewhere = receive_count where dead_letter_source is not null;
