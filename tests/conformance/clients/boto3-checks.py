"""What boto3 programs do with queues, checked from the inside of one: the client, the resource, and queue URLs.

Run by boto3.test.ts against a fresh node at MILLRACE_TEST_ENDPOINT. boto3 verifies the digests of every message
and attribute that it sends or receives, and raises if one is wrong.
"""

import json
import os
import unittest
import uuid
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["MILLRACE_TEST_ENDPOINT"]
ACCOUNT = "000000000000"
used_operations = set()


def connect(region="us-east-1", host=None, factory=boto3.client):
    """A client or a resource; with `host`, its requests say that they are meant for that host."""
    config = Config(retries={"total_max_attempts": 1})
    made = factory("sqs", endpoint_url=ENDPOINT, region_name=region, config=config)
    events = (made.meta.client if factory is boto3.resource else made).meta.events
    events.register("before-call.sqs", lambda model, **_: used_operations.add(model.name))
    if host is not None:
        events.register("before-send.sqs", lambda request, **_: request.headers.__setitem__("Host", host))
    return made


sqs = connect()


def fresh_name(suffix=""):
    return f"q-{uuid.uuid4()}{suffix}"


def fresh_queue(**kwargs):
    return sqs.create_queue(QueueName=fresh_name(), **kwargs)["QueueUrl"]


def arn_of(url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


class Queues(unittest.TestCase):
    def test_a_queue_lives_from_create_to_delete(self):
        name = fresh_name()
        url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"}, tags={"stage": "test"})["QueueUrl"]
        self.assertEqual(url, f"{ENDPOINT}/{ACCOUNT}/{name}")
        self.assertEqual(sqs.get_queue_url(QueueName=name)["QueueUrl"], url)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "3"})
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual((attributes["VisibilityTimeout"], attributes["DelaySeconds"]), ("45", "3"))
        sqs.tag_queue(QueueUrl=url, Tags={"team": "a"})
        sqs.untag_queue(QueueUrl=url, TagKeys=["stage"])
        self.assertEqual(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "a"})
        sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["123456789012"], Actions=["SendMessage"])
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        self.assertEqual(json.loads(policy)["Statement"][0]["Sid"], "l")
        sqs.remove_permission(QueueUrl=url, Label="l")
        self.assertNotIn("Attributes", sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]))
        sqs.purge_queue(QueueUrl=url)
        sqs.delete_queue(QueueUrl=url)
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName=name)

    def test_queues_are_listed_in_pages(self):
        prefix = fresh_name()
        urls = [sqs.create_queue(QueueName=f"{prefix}-{i}")["QueueUrl"] for i in range(5)]
        pages = list(
            sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2})
        )
        self.assertEqual([page["QueueUrls"] for page in pages], [urls[:2], urls[2:4], urls[4:]])

    def test_a_dead_letter_queue_knows_its_sources_and_gives_its_messages_back(self):
        letters = fresh_queue()
        policy = json.dumps({"deadLetterTargetArn": arn_of(letters), "maxReceiveCount": "1"})
        sources = sorted(fresh_queue(Attributes={"RedrivePolicy": policy}) for _ in range(3))
        paginator = sqs.get_paginator("list_dead_letter_source_queues")
        pages = list(paginator.paginate(QueueUrl=letters, PaginationConfig={"PageSize": 2}))
        self.assertEqual([page["queueUrls"] for page in pages], [sources[:2], sources[2:]])

        for i in range(20):
            sqs.send_message(QueueUrl=letters, MessageBody=str(i))
        task = sqs.start_message_move_task(
            SourceArn=arn_of(letters), DestinationArn=arn_of(sources[0]), MaxNumberOfMessagesPerSecond=1
        )["TaskHandle"]
        running = sqs.list_message_move_tasks(SourceArn=arn_of(letters))["Results"][0]
        self.assertEqual((running["Status"], running["TaskHandle"]), ("RUNNING", task))
        moved = sqs.cancel_message_move_task(TaskHandle=task)["ApproximateNumberOfMessagesMoved"]
        self.assertLess(moved, 20)


class Messages(unittest.TestCase):
    def test_messages_are_sent_received_hidden_and_deleted(self):
        url = fresh_queue()
        attributes = {
            "text": {"DataType": "String", "StringValue": "grüße 😀"},
            "number": {"DataType": "Number.int", "StringValue": "1493147359900"},
            "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
        }
        trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        sent = sqs.send_message(
            QueueUrl=url,
            MessageBody="line 1\r\nline 2\t<&>\u2028\U0001f600",
            MessageAttributes=attributes,
            MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
        )
        self.assertEqual(sent["MD5OfMessageSystemAttributes"], "5ae4d5d7636402d80f4eb6d213245a88")
        entries = [{"Id": str(i), "MessageBody": f"batch {i}", "MessageAttributes": attributes} for i in range(9)]
        batch = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([entry["Id"] for entry in batch["Successful"]], [str(i) for i in range(9)])
        self.assertNotIn("Failed", batch)

        received = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["AWSTraceHeader", "ApproximateReceiveCount"],
        )["Messages"]
        self.assertEqual(len(received), 10)
        first = next(message for message in received if message["MessageId"] == sent["MessageId"])
        self.assertEqual(first["Body"], "line 1\r\nline 2\t<&>\u2028\U0001f600")
        self.assertEqual(first["MessageAttributes"], attributes)
        self.assertEqual(first["Attributes"], {"AWSTraceHeader": trace, "ApproximateReceiveCount": "1"})

        handles = [message["ReceiptHandle"] for message in received]
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles[0], VisibilityTimeout=0)
        sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": handles[1], "VisibilityTimeout": 0}]
        )
        again = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual({m["MessageId"] for m in again}, {m["MessageId"] for m in received[:2]})
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
        deleted = sqs.delete_message_batch(
            QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": h} for i, h in enumerate(handles[1:])]
        )
        self.assertEqual(len(deleted["Successful"]), 9)
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        self.assertEqual(left, {name: "0" for name in counts})
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=url))

    def test_the_resource_offers_the_same_as_objects(self):
        resource = connect(factory=boto3.resource)
        queue = resource.create_queue(
            QueueName=fresh_name(".fifo"), Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        )
        self.assertEqual(queue.attributes["FifoQueue"], "true")
        for body in ("one", "two", "three"):
            queue.send_message(MessageBody=body, MessageGroupId="g")
        messages = queue.receive_messages(MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
        self.assertEqual([message.body for message in messages], ["one", "two", "three"])
        sequence = [message.attributes["SequenceNumber"] for message in messages]
        self.assertEqual(sequence, sorted(set(sequence)))
        messages[0].change_visibility(VisibilityTimeout=60)
        queue.delete_messages(Entries=[{"Id": m.message_id, "ReceiptHandle": m.receipt_handle} for m in messages])
        self.assertEqual(resource.get_queue_by_name(QueueName=queue.url.rsplit("/", 1)[1]), queue)
        self.assertIn(queue, list(resource.queues.filter(QueueNamePrefix="q-")))
        queue.delete()
        with self.assertRaises(resource.meta.client.exceptions.QueueDoesNotExist):
            queue.load()


class Errors(unittest.TestCase):
    """An error is raised as the class of its shape; its code is the one of the Query protocol."""

    def assert_refused(self, name, code, status, call, **kwargs):
        with self.assertRaises(getattr(sqs.exceptions, name)) as raised:
            call(**kwargs)
        response = raised.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        self.assertEqual(response["Error"]["Type"], "Sender")
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertRegex(response["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        return response["Error"]["Message"]

    def test_a_missing_queue(self):
        message = self.assert_refused(
            *("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, sqs.get_queue_url),
            QueueName=fresh_name(),
        )
        self.assertEqual(message, "The specified queue does not exist.")

    def test_a_queue_that_exists_otherwise(self):
        name = fresh_name()
        sqs.create_queue(QueueName=name)
        attributes = {"DelaySeconds": "7"}
        self.assert_refused(
            "QueueNameExists", "QueueAlreadyExists", 400, sqs.create_queue, QueueName=name, Attributes=attributes
        )

    def test_a_second_purge(self):
        url = fresh_queue()
        sqs.purge_queue(QueueUrl=url)
        code = "AWS.SimpleQueueService.PurgeQueueInProgress"
        self.assert_refused("PurgeQueueInProgress", code, 403, sqs.purge_queue, QueueUrl=url)

    def test_a_bad_receipt_handle(self):
        handle = {"QueueUrl": fresh_queue(), "ReceiptHandle": "garbage"}
        self.assert_refused("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404, sqs.delete_message, **handle)

    def test_an_error_that_no_class_is_modelled_for(self):
        with self.assertRaises(ClientError) as raised:
            sqs.receive_message(QueueUrl=fresh_queue(), MaxNumberOfMessages=11)
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], "InvalidParameterValue")
        self.assertRegex(error["Message"], "Must be between 1 and 10, if provided")


class QueueUrls(unittest.TestCase):
    PORT = urlsplit(ENDPOINT).port

    def test_a_queue_asked_for_through_a_regional_host_has_its_url_in_that_form(self):
        host = f"sqs.eu-west-1.localhost.localstack.cloud:{self.PORT}"
        client = connect("eu-west-1", host)
        name = fresh_name()
        url = client.create_queue(QueueName=name)["QueueUrl"]
        self.assertEqual(url, f"http://{host}/{ACCOUNT}/{name}")
        self.assertEqual(client.get_queue_url(QueueName=name)["QueueUrl"], url)
        elsewhere = connect("eu-west-1").get_queue_url(QueueName=name)["QueueUrl"]
        self.assertEqual(elsewhere, f"{ENDPOINT}/{ACCOUNT}.eu-west-1/{name}")

    def test_so_has_one_asked_for_through_a_legacy_host(self):
        host = f"eu-west-1.queue.localhost.localstack.cloud:{self.PORT}"
        name = fresh_name()
        url = connect("eu-west-1", host).create_queue(QueueName=name)["QueueUrl"]
        self.assertEqual(url, f"http://{host}/{ACCOUNT}/{name}")

    def test_a_queue_of_another_region_is_found_through_its_url_alone(self):
        name = fresh_name()
        connect("eu-west-1").create_queue(QueueName=name)
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist):
            sqs.send_message(QueueUrl=f"{ENDPOINT}/{ACCOUNT}/{name}", MessageBody="astray")
        for url in (
            f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/{name}",
            f"https://eu-west-1.queue.amazonaws.com/{ACCOUNT}/{name}",
            f"http://sqs.eu-west-1.localhost.localstack.cloud:{self.PORT}/{ACCOUNT}/{name}",
            f"{ENDPOINT}/queue/eu-west-1/{ACCOUNT}/{name}",
        ):
            with self.subTest(url=url):
                sqs.send_message(QueueUrl=url, MessageBody=url)
                self.assertEqual(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"], url)

    def test_a_bare_name_is_the_callers_own_queue(self):
        url = fresh_queue()
        sqs.send_message(QueueUrl=url.rsplit("/", 1)[1], MessageBody="by name")
        self.assertEqual(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"], "by name")


def tearDownModule():
    unused = set(sqs.meta.service_model.operation_names) - used_operations
    if unused:
        raise AssertionError(f"no check used {sorted(unused)}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
