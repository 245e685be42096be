"""What boto3 programs do with temporary credentials: how they get them, and queues and topics of other accounts with them.

Run by boto3-sts.test.ts against a fresh node at MILLRACE_TEST_ENDPOINT.
"""

import base64
import datetime
import json
import os
import time
import unittest

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import ClientError
from botocore.session import get_session

ENDPOINT = os.environ["MILLRACE_TEST_ENDPOINT"]
OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/service/worker"
SESSION = f"arn:aws:sts::{OTHER}:assumed-role/worker/boto"
# Of all that botocore knows.
NOT_BUILT = {"AssumeRoot", "GetDelegatedAccessToken", "GetWebIdentityToken", "GetScopedCredentials"}
used_operations = set()


def connect(service, credentials=None):
    """A client of the default account, or of whom the credentials are."""
    session = boto3.Session(
        **(
            {
                "aws_access_key_id": credentials["AccessKeyId"],
                "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials["SessionToken"],
            }
            if credentials
            else {}
        )
    )
    config = Config(retries={"total_max_attempts": 1})
    made = session.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", config=config)
    made.meta.events.register("before-call.sts", lambda model, **_: used_operations.add(model.name))
    return made


sts = connect("sts")


def assume(**kwargs):
    return sts.assume_role(RoleArn=ROLE, RoleSessionName="boto", **kwargs)["Credentials"]


class HowToComeByThem(unittest.TestCase):
    def test_every_way_leads_to_a_caller(self):
        claims = {"iss": "https://issuer.example", "sub": "s", "aud": "a", "exp": int(time.time()) + 600}
        parts = ({"alg": "RS256"}, claims)
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        web = sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="boto", WebIdentityToken=f"{token}.c2ln")
        ways = {
            SESSION: [assume(), web["Credentials"]],
            "arn:aws:iam::000000000000:user/millrace": [sts.get_session_token()["Credentials"]],
            "arn:aws:sts::000000000000:federated-user/bob": [sts.get_federation_token(Name="bob")["Credentials"]],
        }
        for arn, all_credentials in ways.items():
            for credentials in all_credentials:
                identity = connect("sts", credentials).get_caller_identity()
                self.assertEqual((identity["Arn"], identity["Account"]), (arn, arn.split(":")[4]))

    def test_an_assertion_of_saml_leads_to_one_too(self):
        provider = f"arn:aws:iam::{OTHER}:saml-provider/corp"
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
        attributes = {"RoleSessionName": "boto", "Role": f"{ROLE},{provider}"}
        statement = "".join(
            f'<Attribute Name="https://aws.amazon.com/SAML/Attributes/{name}"><AttributeValue>{value}</AttributeValue></Attribute>'
            for name, value in attributes.items()
        )
        assertion = f"""<Assertion><Issuer>https://idp.example</Issuer><Subject><NameID>bob</NameID><SubjectConfirmation>
            <SubjectConfirmationData Recipient="https://signin.aws.amazon.com/saml" NotOnOrAfter="{until.isoformat()}"/>
            </SubjectConfirmation></Subject><AttributeStatement>{statement}</AttributeStatement></Assertion>"""
        answer = sts.assume_role_with_saml(
            RoleArn=ROLE, PrincipalArn=provider, SAMLAssertion=base64.b64encode(assertion.encode()).decode()
        )
        self.assertEqual(answer["Subject"], "bob")
        self.assertEqual(connect("sts", answer["Credentials"]).get_caller_identity()["Arn"], SESSION)

    def test_an_access_key_tells_its_account(self):
        self.assertEqual(sts.get_access_key_info(AccessKeyId=assume()["AccessKeyId"])["Account"], OTHER)

    def test_refusals_are_errors_by_their_codes(self):
        with self.assertRaises(sts.exceptions.InvalidAuthorizationMessageException):
            sts.decode_authorization_message(EncodedMessage="x")
        with self.assertRaises(sts.exceptions.MalformedPolicyDocumentException):
            assume(Policy="{}")
        for arn, code in ((ROLE.replace("role/", "user/"), "AccessDenied"), ("x" * 20, "ValidationError")):
            with self.assertRaises(ClientError) as caught:
                sts.assume_role(RoleArn=arn, RoleSessionName="boto")
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_a_program_that_refreshes_its_credentials_goes_on(self):
        plain, cache = get_session(), {}
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=lambda *args, **kwargs: plain.create_client(
                *args, endpoint_url=ENDPOINT, region_name="us-east-1", **kwargs
            ),
            source_credentials=plain.get_credentials(),
            role_arn=ROLE,
            extra_args={"RoleSessionName": "boto"},
            cache=cache,
        )
        plain._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        client = plain.create_client("sqs", endpoint_url=ENDPOINT, region_name="us-east-1")
        first = client.create_queue(QueueName="refreshed")["QueueUrl"]
        key = plain._credentials.access_key
        cache.clear()
        plain._credentials._expiry_time = datetime.datetime.now(datetime.timezone.utc)
        self.assertEqual(client.get_queue_url(QueueName="refreshed")["QueueUrl"], first)
        self.assertIn(f"/{OTHER}/", first)
        self.assertNotEqual(plain._credentials.access_key, key)


class WhatTheyAreGoodFor(unittest.TestCase):
    def setUp(self):
        credentials = assume(Tags=[{"Key": "team", "Value": "queues"}], DurationSeconds=900)
        self.sqs, self.sns = connect("sqs", credentials), connect("sns", credentials)

    def test_a_fan_out_in_the_account_of_the_role(self):
        url = self.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        self.assertEqual(attributes["QueueArn"], f"arn:aws:sqs:us-east-1:{OTHER}:inbox")
        topic = self.sns.create_topic(Name="orders")["TopicArn"]
        self.assertEqual(topic, f"arn:aws:sns:us-east-1:{OTHER}:orders")
        subscription = self.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=attributes["QueueArn"],
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": '{"kind": ["order"]}'},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        shown = self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        self.assertEqual((shown["SubscriptionPrincipal"], shown["Owner"]), (SESSION, OTHER))
        for kind in ("order", "other"):
            self.sns.publish(
                TopicArn=topic, Message=kind, MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}}
            )
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)["Messages"]
        self.assertEqual([message["Body"] for message in messages], ["order"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])

    def test_messages_tell_the_session_that_sent_them(self):
        url = self.sqs.create_queue(QueueName="senders")["QueueUrl"]
        self.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "hello"}])
        received = self.sqs.receive_message(QueueUrl=url, AttributeNames=["SenderId"])["Messages"][0]
        self.assertRegex(received["Attributes"]["SenderId"], "^AROA[A-Z2-7]{17}:boto$")

    def test_another_account_finds_the_queue_by_its_owner(self):
        url = self.sqs.create_queue(QueueName="owned")["QueueUrl"]
        mine = connect("sqs")
        with self.assertRaises(mine.exceptions.QueueDoesNotExist):
            mine.get_queue_url(QueueName="owned")
        self.assertEqual(mine.get_queue_url(QueueName="owned", QueueOwnerAWSAccountId=OTHER)["QueueUrl"], url)


def tearDownModule():
    unused = set(sts.meta.service_model.operation_names) - used_operations - NOT_BUILT
    if unused:
        raise AssertionError(f"no check used {sorted(unused)}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
