"""What boto3 programs do with topics, checked from the inside of one: the client and the resource.

Run by boto3-sns.test.ts against a fresh node at MILLRACE_TEST_ENDPOINT.
"""

import base64
import json
import os
import re
import threading
import unittest
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["MILLRACE_TEST_ENDPOINT"]
ACCOUNT = "000000000000"
used_operations = set()


def connect(service="sns", region="us-east-1", factory=boto3.client):
    """A client or a resource."""
    config = Config(retries={"total_max_attempts": 1})
    made = factory(service, endpoint_url=ENDPOINT, region_name=region, config=config)
    events = (made.meta.client if factory is boto3.resource else made).meta.events
    events.register("before-call.sns", lambda model, **_: used_operations.add(model.name))
    return made


sns = connect()
sqs = connect("sqs")


def fresh_name(suffix=""):
    return f"t-{uuid.uuid4()}{suffix}"


def fresh_topic(**kwargs):
    return sns.create_topic(Name=fresh_name(), **kwargs)["TopicArn"]


def fresh_fifo_topic():
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    return sns.create_topic(Name=fresh_name(".fifo"), Attributes=attributes)["TopicArn"]


def fresh_queue():
    """Its URL and its ARN."""
    url = sqs.create_queue(QueueName=fresh_name())["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, attributes["QueueArn"]


def receive(url):
    """All that a queue holds."""
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return answer.get("Messages", [])


def sent_to(destination):
    """What the node has sent to an address, a phone or a device and kept in its outbox, once there is something."""
    query = urllib.parse.urlencode({"to": destination})
    while True:
        with urllib.request.urlopen(f"{ENDPOINT}/_millrace/outbox?{query}") as answer:
            items = json.load(answer)["items"]
        if items:
            return items[0]["content"]


def confirmation_token(address):
    return re.search("Token=([0-9a-f]+)", sent_to(address)["text"])[1]


class Webhook:
    """An HTTP endpoint: takes what is posted to it, with its headers."""

    def __enter__(self):
        taken = self.taken = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken.put((self.headers, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


PROTECTION = json.dumps(
    {
        "Name": "p",
        "Version": "2021-06-01",
        "Statement": [
            {
                "Sid": "s",
                "DataDirection": "Inbound",
                "Principal": ["*"],
                "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
                "Operation": {"Deny": {}},
            }
        ],
    }
)


class Topics(unittest.TestCase):
    def test_a_topic_lives_from_create_to_delete(self):
        name = fresh_name()
        arn = sns.create_topic(
            Name=name, Attributes={"DisplayName": "Life & <more>"}, Tags=[{"Key": "stage", "Value": "test"}]
        )["TopicArn"]
        self.assertEqual(arn, f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}")
        self.assertIn({"TopicArn": arn}, sns.list_topics()["Topics"])
        sns.set_topic_attributes(TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="2")
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual((attributes["DisplayName"], attributes["SignatureVersion"]), ("Life & <more>", "2"))
        sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
        sns.untag_resource(ResourceArn=arn, TagKeys=["stage"])
        self.assertEqual(sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "team", "Value": "a"}])
        sns.add_permission(TopicArn=arn, Label="l", AWSAccountId=["123456789012"], ActionName=["Publish"])
        policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        self.assertEqual(policy["Statement"][1]["Sid"], "l")
        sns.remove_permission(TopicArn=arn, Label="l")
        sns.delete_topic(TopicArn=arn)
        sns.delete_topic(TopicArn=arn)
        with self.assertRaises(sns.exceptions.NotFoundException):
            sns.get_topic_attributes(TopicArn=arn)

    def test_a_data_protection_policy_is_kept_word_for_word(self):
        arn = fresh_topic()
        self.assertNotIn("DataProtectionPolicy", sns.get_data_protection_policy(ResourceArn=arn))
        sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=PROTECTION)
        self.assertEqual(sns.get_data_protection_policy(ResourceArn=arn)["DataProtectionPolicy"], PROTECTION)
        with self.assertRaises(sns.exceptions.AuthorizationErrorException):
            sns.publish(TopicArn=arn, Message="to a@example.com")

    def test_topics_are_listed_in_pages(self):
        client = connect(region="eu-west-1")
        arns = [client.create_topic(Name=f"page-{i:03}")["TopicArn"] for i in range(101)]
        pages = [[topic["TopicArn"] for topic in page["Topics"]] for page in client.get_paginator("list_topics").paginate()]
        self.assertEqual(pages, [arns[:100], arns[100:]])


class Subscriptions(unittest.TestCase):
    def test_a_subscription_by_mail_lives_from_subscribe_to_unsubscribe(self):
        arn, address = fresh_topic(), f"{fresh_name()}@example.com"
        asked = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=address)["SubscriptionArn"]
        self.assertEqual(asked, "pending confirmation")
        entry = {"Owner": ACCOUNT, "Protocol": "email", "Endpoint": address, "TopicArn": arn}
        listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        self.assertEqual(listed, [{"SubscriptionArn": "PendingConfirmation", **entry}])
        token = confirmation_token(address)
        subscription = sns.confirm_subscription(TopicArn=arn, Token=token)["SubscriptionArn"]
        pages = sns.get_paginator("list_subscriptions").paginate()
        everyone = [subscription for page in pages for subscription in page["Subscriptions"]]
        self.assertIn({"SubscriptionArn": subscription, **entry}, everyone)
        policy = {"AttributeName": "FilterPolicy", "AttributeValue": '{"a":["<&>"]}'}
        sns.set_subscription_attributes(SubscriptionArn=subscription, **policy)
        attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        self.assertEqual((attributes["FilterPolicy"], attributes["PendingConfirmation"]), ('{"a":["<&>"]}', "false"))
        sns.unsubscribe(SubscriptionArn=subscription)
        counts = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual((counts["SubscriptionsConfirmed"], counts["SubscriptionsDeleted"]), ("0", "1"))

    def test_an_http_endpoint_confirms_itself_and_is_told_of_its_end(self):
        arn = fresh_topic()
        with Webhook() as webhook:
            asked = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=webhook.url, ReturnSubscriptionArn=True)
            subscription = asked["SubscriptionArn"]
            headers, document = webhook.taken.get(timeout=30)
            self.assertEqual(headers["x-amz-sns-message-type"], "SubscriptionConfirmation")
            self.assertEqual((document["TopicArn"], len(document["Token"])), (arn, 288))
            urllib.request.urlopen(document["SubscribeURL"]).close()
            sent = sns.publish(TopicArn=arn, Message="grüße 😀", Subject="S")["MessageId"]
            headers, document = webhook.taken.get(timeout=30)
            self.assertEqual(headers["x-amz-sns-subscription-arn"], subscription)
            self.assertEqual((document["Type"], document["MessageId"]), ("Notification", sent))
            self.assertEqual((document["Message"], document["Subject"]), ("grüße 😀", "S"))
            urllib.request.urlopen(document["UnsubscribeURL"]).close()
            headers, document = webhook.taken.get(timeout=30)
            self.assertEqual(document["Type"], "UnsubscribeConfirmation")


class Messages(unittest.TestCase):
    ATTRIBUTES = {
        "text": {"DataType": "String", "StringValue": "grüße 😀"},
        "number": {"DataType": "Number.int", "StringValue": "1493147359900"},
        "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    }
    MESSAGE = "line 1\r\nline 2\t<&>\u2028\U0001f600"

    def test_a_queue_gets_the_message_in_a_document_or_raw(self):
        arn = fresh_topic()
        (url, enveloped), (raw_url, raw) = fresh_queue(), fresh_queue()
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=enveloped)
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=raw, Attributes={"RawMessageDelivery": "true"})
        sent = sns.publish(TopicArn=arn, Message=self.MESSAGE, Subject="S", MessageAttributes=self.ATTRIBUTES)
        self.assertNotIn("SequenceNumber", sent)
        [received] = receive(raw_url)
        self.assertEqual((received["Body"], received["MessageAttributes"]), (self.MESSAGE, self.ATTRIBUTES))
        [received] = receive(url)
        self.assertNotIn("MessageAttributes", received)
        document = json.loads(received["Body"])
        self.assertEqual((document["MessageId"], document["Message"]), (sent["MessageId"], self.MESSAGE))
        self.assertEqual(document["Subject"], "S")
        encoded = base64.b64encode(bytes(range(256))).decode()
        self.assertEqual(document["MessageAttributes"]["bytes"], {"Type": "Binary", "Value": encoded})

    def test_a_batch_is_answered_entry_by_entry(self):
        arn = fresh_fifo_topic()
        entries = [{"Id": str(i), "Message": f"m {i}", "MessageGroupId": "g"} for i in range(10)]
        first = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
        self.assertEqual([entry["Id"] for entry in first["Successful"]], [str(i) for i in range(10)])
        self.assertEqual(first["Failed"], [])
        sequence = [entry["SequenceNumber"] for entry in first["Successful"]]
        self.assertEqual(sequence, sorted(set(sequence)))
        again = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
        self.assertEqual(again["Successful"], first["Successful"])

    def test_the_resource_offers_the_same_as_objects(self):
        resource = connect(factory=boto3.resource)
        topic = resource.create_topic(Name=fresh_name())
        url, queue = fresh_queue()
        subscription = topic.subscribe(Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
        subscription.set_attributes(AttributeName="FilterPolicy", AttributeValue='{"kind":["wanted"]}')
        self.assertEqual(subscription.attributes["Endpoint"], queue)
        self.assertEqual([found.arn for found in topic.subscriptions.all()], [subscription.arn])
        self.assertIn(topic, list(resource.topics.all()))
        for kind in ("wanted", "other"):
            attributes = {"kind": {"DataType": "String", "StringValue": kind}}
            topic.publish(Message=kind, MessageAttributes=attributes)
        self.assertEqual([json.loads(message["Body"])["Message"] for message in receive(url)], ["wanted"])
        subscription.delete()
        topic.set_attributes(AttributeName="DisplayName", AttributeValue="D")
        topic.reload()
        self.assertEqual((topic.attributes["DisplayName"], topic.attributes["SubscriptionsDeleted"]), ("D", "1"))
        topic.delete()
        with self.assertRaises(resource.meta.client.exceptions.NotFoundException):
            topic.load()


class Devices(unittest.TestCase):
    def test_applications_and_their_devices(self):
        credentials = {"PlatformPrincipal": "id", "PlatformCredential": "secret"}
        created = sns.create_platform_application(Name=fresh_name(), Platform="ADM", Attributes=credentials)
        application = {"PlatformApplicationArn": created["PlatformApplicationArn"]}
        sns.set_platform_application_attributes(**application, Attributes={"SuccessFeedbackSampleRate": "50"})
        attributes = sns.get_platform_application_attributes(**application)["Attributes"]
        self.assertEqual(attributes, {"Enabled": "true", "SuccessFeedbackSampleRate": "50"})
        listed = sns.list_platform_applications()["PlatformApplications"]
        self.assertEqual(listed, [{**application, "Attributes": attributes}])

        token = fresh_name()
        endpoint = sns.create_platform_endpoint(**application, Token=token, CustomUserData="someone")["EndpointArn"]
        device = {"Enabled": "true", "Token": token, "CustomUserData": "someone"}
        self.assertEqual(sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"], device)
        pages = sns.get_paginator("list_endpoints_by_platform_application").paginate(**application)
        self.assertEqual([page["Endpoints"] for page in pages], [[{"EndpointArn": endpoint, "Attributes": device}]])
        sns.publish(TargetArn=endpoint, Message="to a device")
        self.assertIn("to a device", json.dumps(sent_to(token)))

        sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
        with self.assertRaises(sns.exceptions.EndpointDisabledException):
            sns.publish(TargetArn=endpoint, Message="too late")
        sns.delete_endpoint(EndpointArn=endpoint)
        sns.delete_platform_application(**application)
        self.assertEqual(sns.list_platform_applications()["PlatformApplications"], [])


class TextMessages(unittest.TestCase):
    def test_settings_and_opt_outs(self):
        client = connect(region="eu-west-1")
        self.assertEqual(client.get_sms_attributes()["attributes"], {"MonthlySpendLimit": "1"})
        client.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "Shop"})
        asked = client.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"]
        self.assertEqual(asked, {"DefaultSMSType": "Transactional"})
        number = "+491701234567"
        client.publish(PhoneNumber=number, Message="to a phone")
        text = sent_to(number)
        self.assertEqual((text["message"], text["senderId"]), ("to a phone", "Shop"))
        self.assertIs(client.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"], False)
        client.opt_in_phone_number(phoneNumber=number)
        self.assertEqual(client.list_phone_numbers_opted_out()["phoneNumbers"], [])
        self.assertEqual(client.list_origination_numbers()["PhoneNumbers"], [])

    def test_numbers_of_the_sandbox_are_verified(self):
        self.assertIs(sns.get_sms_sandbox_account_status()["IsInSandbox"], True)
        phone = {"PhoneNumber": "+491707654321"}
        sns.create_sms_sandbox_phone_number(**phone, LanguageCode="de-DE")
        password = re.search(r"\d+$", sent_to(phone["PhoneNumber"])["message"])[0]
        with self.assertRaises(sns.exceptions.VerificationException):
            sns.verify_sms_sandbox_phone_number(**phone, OneTimePassword=password + "0")
        sns.verify_sms_sandbox_phone_number(**phone, OneTimePassword=password)
        listed = sns.list_sms_sandbox_phone_numbers(MaxResults=10)["PhoneNumbers"]
        self.assertEqual(listed, [{**phone, "Status": "Verified"}])
        sns.delete_sms_sandbox_phone_number(**phone)
        self.assertEqual(sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"], [])


class Errors(unittest.TestCase):
    """An error is raised as the class of its shape; its code is the one of the Query protocol."""

    MISSING = f"arn:aws:sns:us-east-1:{ACCOUNT}:missing"

    def assert_refused(self, name, code, status, call, **kwargs):
        with self.assertRaises(getattr(sns.exceptions, name)) as raised:
            call(**kwargs)
        response = raised.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        self.assertEqual(response["Error"]["Type"], "Sender")
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertRegex(response["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        return response["Error"]["Message"]

    def test_a_missing_topic(self):
        message = self.assert_refused(
            "NotFoundException", "NotFound", 404, sns.publish, TopicArn=self.MISSING, Message="m"
        )
        self.assertEqual(message, "Topic does not exist")

    def test_tags_of_a_missing_topic(self):
        self.assert_refused(
            *("ResourceNotFoundException", "ResourceNotFound", 404, sns.list_tags_for_resource),
            ResourceArn=self.MISSING,
        )

    def test_a_topic_that_exists_otherwise(self):
        name = fresh_name()
        sns.create_topic(Name=name)
        message = self.assert_refused(
            *("InvalidParameterException", "InvalidParameter", 400, sns.create_topic),
            **{"Name": name, "Attributes": {"DisplayName": "other"}},
        )
        self.assertEqual(message, "Invalid parameter: Attributes Reason: Topic already exists with different attributes")

    def test_a_bad_message_attribute(self):
        message = self.assert_refused(
            *("InvalidParameterValueException", "ParameterValueInvalid", 400, sns.publish),
            **{"TopicArn": self.MISSING, "Message": "m"},
            MessageAttributes={".a": {"DataType": "String", "StringValue": "v"}},
        )
        self.assertEqual(message, "Invalid message attribute name starting with character '.' was found.")

    def test_a_batch_that_is_too_large(self):
        entries = [{"Id": str(i), "Message": "m"} for i in range(11)]
        code = "TooManyEntriesInBatchRequest"
        call = {"TopicArn": fresh_topic(), "PublishBatchRequestEntries": entries}
        self.assert_refused(f"{code}Exception", code, 400, sns.publish_batch, **call)

    def test_an_error_that_no_class_is_modelled_for(self):
        with self.assertRaises(ClientError) as raised:
            sns.create_sms_sandbox_phone_number(PhoneNumber="+49170123456x")
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], "ValidationError")
        self.assertRegex(error["Message"], "^1 validation error detected: Value '\\+49170123456x' at 'phoneNumber' failed")


def tearDownModule():
    unused = set(sns.meta.service_model.operation_names) - used_operations
    if unused:
        raise AssertionError(f"no check used {sorted(unused)}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
