#!/usr/bin/env python3
"""Makes services.json of the nodes of a cluster, as daemonset.yaml reports them.

    kubectl get nodes -o json | generate-services.py --merge config/services.json > new.json

Each node becomes the service `node-<name>` in the group `kubernetes-nodes`. With --merge, what else
the file holds is kept, and what was changed in services of nodes too; nodes that are gone go.
"""
import argparse
import json
import sys

GROUP, PREFIX = "kubernetes-nodes", "node-"


def names(nodes):
    """The names in what `kubectl get nodes -o json` writes, in order."""
    found = sorted(node["metadata"]["name"] for node in nodes["items"])
    if not found:
        raise ValueError("it lists no nodes")
    return found


def merged(config, nodes, threshold_s):
    """The configuration with one service per node, in a group of their own."""
    ids = [PREFIX + name for name in nodes]
    group = {"id": GROUP, "name": "Kubernetes nodes", "stalenessThreshold": threshold_s}
    groups = config.get("groups", [])
    group.update(next((old for old in groups if old["id"] == GROUP), {}), services=ids)
    before = {service["id"]: service for service in config.get("services", [])}
    ours = [old for old in groups if old["id"] == GROUP]
    gone = {id for old in ours for id in old.get("services", [])} - set(ids)
    services = [service for id, service in before.items() if id not in gone and id not in ids]
    services += [before.get(PREFIX + name, {"id": PREFIX + name, "name": name}) for name in nodes]
    others = [old for old in groups if old["id"] != GROUP]
    return {**config, "groups": others + [group], "services": services}


def main():
    parser = argparse.ArgumentParser(description="services.json from `kubectl get nodes -o json`")
    parser.add_argument("--merge", metavar="FILE", help="services.json to start from")
    parser.add_argument("--threshold", type=int, default=180, metavar="SECONDS",
                        help="silence allowed (default 180)")
    options = parser.parse_args()
    config = {}
    if options.merge:
        try:
            with open(options.merge, encoding="utf-8") as file:
                config = json.load(file)
        except (OSError, ValueError) as error:
            sys.exit("generate-services.py: cannot read '%s': %s" % (options.merge, error))
    try:
        nodes = names(json.load(sys.stdin))
    except (ValueError, KeyError, TypeError) as error:
        sys.exit("generate-services.py: standard input is not what `kubectl get nodes -o json` writes: %s" % error)
    json.dump(merged(config, nodes, options.threshold), sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
