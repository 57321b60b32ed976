"""Looks at an organization through boto3 alone and says how it differs from what was wanted.

Shares no code and no words with the crate: it is given the facts of the tenants' file and knows the network drawing.

    verify_organization.py FACTS

FACTS, as JSON: {"endpoint_url", "zone", "access_role", "units": {unit name: [names of the guardrails on it]},
"tenants": [{"key", "email", "unit", "region", "cidr"}]}

Prints one line for each difference and exits 1; or prints how many things it looked at and exits 0.
"""

import ipaddress
import json
import sys

import boto3

ELSEWHERE = "ap-southeast-2"  # a region that no tenant uses
LARGEST_POLICY = 10_240


class Verifier:
    def __init__(self, facts):
        self.facts = facts
        self.differences = []
        self.checked = 0
        # One session for all clients: each would read the descriptions of the services anew.
        self.boto3 = boto3.Session()
        self.management = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

    def check(self, where, what, found, wanted):
        self.checked += 1
        if found != wanted:
            self.differences.append(f"{where}: {what}: found {found!r}, wanted {wanted!r}")

    def client(self, credentials, service, region="us-east-1"):
        return self.boto3.client(
            service, region_name=region, endpoint_url=self.facts["endpoint_url"], **credentials
        )

    def member(self, account):
        """Credentials for a member account, through its access role."""
        given = self.client(self.management, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{self.facts['access_role']}", RoleSessionName="verify"
        )["Credentials"]
        credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        identity = self.client(credentials, "sts").get_caller_identity()["Account"]
        self.check(account, "account of the session", identity, account)
        return credentials

    def run(self):
        accounts = self.organization()
        for tenant in self.facts["tenants"]:
            account = accounts.get(tenant["email"].lower())
            if account is not None:
                credentials = self.member(account)
                self.network(tenant, credentials)
                self.untouched(f"{tenant['key']} in {ELSEWHERE}", credentials, ELSEWHERE)
        self.untouched("the management account", self.management, "us-east-1")
        roles = names(self.client(self.management, "iam").list_roles()["Roles"], "RoleName")
        self.check("the management account", "roles", roles, [])

    # The organization.

    def organization(self):
        organizations = self.client(self.management, "organizations")
        organization = organizations.describe_organization()["Organization"]
        self.check("organization", "features", organization["FeatureSet"], "ALL")
        roots = organizations.list_roots()["Roots"]
        self.check("organization", "roots", len(roots), 1)
        enabled = [kind["Type"] for kind in roots[0]["PolicyTypes"] if kind["Status"] == "ENABLED"]
        self.check("root", "policy types", enabled, ["SERVICE_CONTROL_POLICY"])
        root = roots[0]["Id"]

        units = all_of(organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=root)
        self.check("root", "units", names(units, "Name"), sorted(self.facts["units"]))
        for unit in units:
            below = all_of(
                organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit["Id"]
            )
            self.check(unit["Name"], "units below it", names(below, "Name"), [])
        self.accounts_in_their_units(organizations, organization["MasterAccountId"], root, units)
        self.guardrails(organizations, root, units)
        everyone = all_of(organizations, "list_accounts", "Accounts")
        return {
            account["Email"].lower(): account["Id"]
            for account in everyone
            if account["Id"] != organization["MasterAccountId"]
        }

    def accounts_in_their_units(self, organizations, management, root, units):
        in_root = all_of(organizations, "list_accounts_for_parent", "Accounts", ParentId=root)
        self.check("root", "accounts", [account["Id"] for account in in_root], [management])
        for unit in units:
            found = all_of(organizations, "list_accounts_for_parent", "Accounts", ParentId=unit["Id"])
            wanted = [t["email"].lower() for t in self.facts["tenants"] if t["unit"] == unit["Name"]]
            emails = sorted(account["Email"].lower() for account in found)
            self.check(unit["Name"], "accounts", emails, sorted(wanted))
            states = {account.get("State") or account["Status"] for account in found}
            self.check(unit["Name"], "states of its accounts", states, {"ACTIVE"})
        everyone = all_of(organizations, "list_accounts", "Accounts")
        self.check("organization", "accounts", len(everyone), len(self.facts["tenants"]) + 1)

    def guardrails(self, organizations, root, units):
        unit_names = {unit["Id"]: unit["Name"] for unit in units}
        policies = all_of(organizations, "list_policies", "Policies", Filter="SERVICE_CONTROL_POLICY")
        ours = [policy for policy in policies if not policy["AwsManaged"]]
        wanted = sorted(name for on_unit in self.facts["units"].values() for name in on_unit)
        self.check("organization", "guardrails", names(ours, "Name"), wanted)
        for policy in ours:
            targets = all_of(organizations, "list_targets_for_policy", "Targets", PolicyId=policy["Id"])
            on = sorted(unit_names.get(target["TargetId"], target["TargetId"]) for target in targets)
            belongs = sorted(name for name, on_unit in self.facts["units"].items() if policy["Name"] in on_unit)
            self.check(policy["Name"], "units it is attached to", on, belongs)
            content = organizations.describe_policy(PolicyId=policy["Id"])["Policy"]["Content"]
            self.check(policy["Name"], "fits", len(content) <= LARGEST_POLICY, True)
            statements = json.loads(content)["Statement"]
            denied = {statement["Effect"] for statement in statements}
            self.check(policy["Name"], "effects of its statements", denied, {"Deny"})
        for target in [root, *unit_names]:
            attached = all_of(
                organizations,
                "list_policies_for_target",
                "Policies",
                TargetId=target,
                Filter="SERVICE_CONTROL_POLICY",
            )
            unit = unit_names.get(target)
            wanted = ["FullAWSAccess", *self.facts["units"].get(unit, [])]
            self.check(unit or "root", "policies on it", names(attached, "Name"), sorted(wanted))

    # What is in an account.

    def network(self, tenant, credentials):
        where = tenant["key"]
        ec2 = self.client(credentials, "ec2", tenant["region"])
        block = ipaddress.ip_network(tenant["cidr"])
        vpc = self.only(where, "VPCs", [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]])
        if vpc is None:
            return
        vpc_id = vpc["VpcId"]
        self.check(where, "block of the VPC", vpc["CidrBlock"], str(block))
        self.tagged(where, "the VPC", vpc.get("Tags"), tenant)
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            answer = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=attribute)
            self.check(where, attribute, answer[attribute[0].upper() + attribute[1:]]["Value"], True)

        in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        subnets = {s["CidrBlock"]: s for s in ec2.describe_subnets(Filters=in_vpc)["Subnets"]}
        public, *private = list(block.subnets(new_prefix=24))[:3]
        first, second, *_ = sorted(z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"])
        found = {cidr: subnet["AvailabilityZone"] for cidr, subnet in subnets.items()}
        wanted = {str(public): first, str(private[0]): first, str(private[1]): second}
        self.check(where, "subnets and their zones", found, wanted)
        if found != wanted:
            return
        for cidr, subnet in subnets.items():
            self.tagged(where, f"subnet {cidr}", subnet.get("Tags"), tenant)
        public_id = subnets[str(public)]["SubnetId"]
        private_ids = sorted(subnets[str(cidr)]["SubnetId"] for cidr in private)

        gateways = ec2.describe_internet_gateways()["InternetGateways"]
        internet = self.only(where, "internet gateways", gateways)
        address = self.only(where, "elastic IPs", ec2.describe_addresses()["Addresses"])
        nat = self.only(where, "NAT gateways", living(ec2.describe_nat_gateways()["NatGateways"]))
        if None in (internet, address, nat):
            return
        attached = [attachment["VpcId"] for attachment in internet["Attachments"]]
        self.check(where, "VPCs of the internet gateway", attached, [vpc_id])
        self.tagged(where, "the internet gateway", internet.get("Tags"), tenant)
        self.tagged(where, "the elastic IP", address.get("Tags"), tenant)
        self.tagged(where, "the NAT gateway", nat.get("Tags"), tenant)
        self.check(where, "state of the NAT gateway", nat["State"], "available")
        self.check(where, "VPC of the NAT gateway", nat["VpcId"], vpc_id)
        self.check(where, "subnet of the NAT gateway", nat["SubnetId"], public_id)
        allocations = [a["AllocationId"] for a in nat["NatGatewayAddresses"]]
        self.check(where, "addresses of the NAT gateway", allocations, [address["AllocationId"]])

        ways = {"internet": internet["InternetGatewayId"], "nat": nat["NatGatewayId"]}
        self.routes(where, tenant, ec2, in_vpc, block, public_id, private_ids, ways)
        self.flow_log(where, tenant, credentials, ec2, vpc_id)
        vpn = [g for g in ec2.describe_vpn_gateways()["VpnGateways"] if g["State"] != "deleted"]
        self.check(where, "VPN gateways", len(vpn), 0)
        endpoints = [e for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleted"]
        self.check(where, "VPC endpoints", len(endpoints), 0)
        groups = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"]
        self.check(where, "security groups", names(groups, "GroupName"), ["default"])

    def routes(self, where, tenant, ec2, in_vpc, block, public_id, private_ids, ways):
        tables = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]
        main = [table for table in tables if any(a.get("Main") for a in table["Associations"])]
        self.check(where, "main route tables", len(main), 1)
        custom = [table for table in tables if table not in main]
        found = {}
        for table in custom:
            self.tagged(where, table["RouteTableId"], table.get("Tags"), tenant)
            subnets = tuple(sorted(a["SubnetId"] for a in table["Associations"]))
            found[subnets] = route_targets(table)
        local = (str(block), "local")
        wanted = {
            (public_id,): {local, ("0.0.0.0/0", ways["internet"])},
            tuple(private_ids): {local, ("0.0.0.0/0", ways["nat"])},
        }
        self.check(where, "route tables by their subnets", found, wanted)
        self.check(where, "custom route tables", len(custom), 2)
        for table in main:
            self.check(where, "routes of the main table", route_targets(table), {local})

    def flow_log(self, where, tenant, credentials, ec2, vpc_id):
        flow_log = self.only(where, "flow logs", ec2.describe_flow_logs()["FlowLogs"])
        logs = self.client(credentials, "logs", tenant["region"])
        group = self.only(where, "log groups", all_of(logs, "describe_log_groups", "logGroups"))
        iam = self.client(credentials, "iam")
        roles = [r for r in all_of(iam, "list_roles", "Roles") if r["RoleName"] != self.facts["access_role"]]
        role = self.only(where, "roles beside the access role", roles)
        if None in (flow_log, group, role):
            return
        self.tagged(where, "the flow log", flow_log.get("Tags"), tenant)
        self.check(where, "what the flow log watches", flow_log["ResourceId"], vpc_id)
        self.check(where, "traffic in the flow log", flow_log["TrafficType"], "ALL")
        self.check(where, "group of the flow log", flow_log["LogGroupName"], group["logGroupName"])
        self.check(where, "role of the flow log", flow_log["DeliverLogsPermissionArn"], role["Arn"])
        self.check(where, "the log group is kept for a while", group.get("retentionInDays", 0) > 0, True)
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        self.check(where, "who may assume the role", trust["Principal"], {"Service": "vpc-flow-logs.amazonaws.com"})
        inline = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        allowed = set()
        for name in inline:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                actions = statement["Action"]
                allowed.update([actions] if isinstance(actions, str) else actions)
        missing = {"logs:CreateLogStream", "logs:PutLogEvents"} - allowed
        self.check(where, "what the role cannot do but must", missing, set())
        managed = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        self.check(where, "managed policies of the role", managed, [])

    def untouched(self, where, credentials, region):
        ec2 = self.client(credentials, "ec2", region)
        self.check(where, "VPCs", [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]], [])
        self.check(where, "internet gateways", ec2.describe_internet_gateways()["InternetGateways"], [])
        self.check(where, "elastic IPs", ec2.describe_addresses()["Addresses"], [])
        self.check(where, "NAT gateways", living(ec2.describe_nat_gateways()["NatGateways"]), [])
        self.check(where, "flow logs", ec2.describe_flow_logs()["FlowLogs"], [])
        logs = self.client(credentials, "logs", region)
        self.check(where, "log groups", logs.describe_log_groups()["logGroups"], [])

    # Helpers.

    def only(self, where, what, found):
        self.check(where, f"number of {what}", len(found), 1)
        return found[0] if len(found) == 1 else None

    def tagged(self, where, what, tags, tenant):
        tags = {tag["Key"]: tag["Value"] for tag in tags or []}
        found = (tags.get("securebase:zone"), tags.get("securebase:tenant"))
        self.check(where, f"tags of {what}", found, (self.facts["zone"], tenant["key"]))


def all_of(client, operation, key, **arguments):
    """Every item of every page."""
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]


def names(items, key):
    return sorted(item[key] for item in items)


def living(nat_gateways):
    return [gateway for gateway in nat_gateways if gateway["State"] not in ("deleting", "deleted")]


def route_targets(table):
    return {
        (
            route.get("DestinationCidrBlock") or route["DestinationPrefixListId"],
            route.get("NatGatewayId") or route.get("GatewayId"),
        )
        for route in table["Routes"]
    }


def main():
    verifier = Verifier(json.loads(sys.argv[1]))
    verifier.run()
    if verifier.differences:
        print("\n".join(verifier.differences))
        return 1
    print(json.dumps({"checked": verifier.checked}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
