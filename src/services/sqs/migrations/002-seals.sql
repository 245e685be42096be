-- For a message whose body is finished when it is received: who finishes it, and how.
alter table sqs_message add column seal text;
