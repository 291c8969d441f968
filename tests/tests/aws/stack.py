"""Creates the stack of a transformed template in moto and tells what came up, as JSON.

Usage: stack.py TEMPLATE.json
"""

import io
import json
import os
import sys
import zipfile

import boto3
from moto import mock_aws

STACK = "flatline"


def artifact():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("bootstrap", "")
    return data.getvalue()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = json.load(file)
    for resource in template["Resources"].values():
        # moto's Ref of a layer is no text and cannot be split.
        if "FLATLINE_REVISION" in str(resource):
            resource["Properties"]["Environment"]["Variables"]["FLATLINE_REVISION"] = "1"
    text = json.dumps(template)
    bucket = boto3.client("s3")
    location = {"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]}
    bucket.create_bucket(Bucket="artifacts", CreateBucketConfiguration=location)
    for name in ["Ingest", "Alert", "Dashboard", "Checker", "Notifier", "ConfigLayer"]:
        bucket.put_object(Bucket="artifacts", Key=f"{name}.zip", Body=artifact())
    formation = boto3.client("cloudformation")
    formation.create_stack(
        StackName=STACK, TemplateBody=text, Capabilities=["CAPABILITY_IAM"]
    )
    made = formation.describe_stack_resources(StackName=STACK)["StackResources"]
    # What moto skips has no names.
    ids = {one.get("LogicalResourceId"): one.get("PhysicalResourceId") for one in made}
    functions = boto3.client("lambda")
    about = {
        name: functions.get_function_configuration(FunctionName=ids[name])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=ids["DeadLetters"], AttributeNames=["QueueArn"]
    )
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
    told = {
        "table": boto3.client("dynamodb").describe_table(TableName=ids["Table"])["Table"],
        "functions": about,
        "mapping": functions.list_event_source_mappings()["EventSourceMappings"][0],
        "queue": queue["Attributes"]["QueueArn"],
        "outputs": {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
    }
    json.dump(told, sys.stdout, default=str)


os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
with mock_aws():
    main()
