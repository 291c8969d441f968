"""Transforms a SAM template as AWS would, without AWS, and writes it as JSON.

Usage: transform.py TEMPLATE TARGET [PARAMETER=VALUE..]
"""

import json
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


class NoManagedPolicies:
    """The roles of the template name none."""

    def load(self):
        return {}


def local_uris(template):
    """What `sam package` would have uploaded gets an address in a bucket."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = f"s3://artifacts/{name}.zip"
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = f"s3://artifacts/{name}.zip"
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)


def main():
    source, target, *given = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    local_uris(template)
    values = {name: about.get("Default") for name, about in template["Parameters"].items()}
    values.update(pair.split("=", 1) for pair in given)
    translator = Translator(NoManagedPolicies().load(), Parser())
    # Numbers stay numbers: JSON is YAML enough for every reader of the result.
    transformed = translator.translate(template, parameter_values=values)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(transformed, file, indent=1, default=str)


main()
