"""What a careful person would write instead: threads and boto3. The reference of bench_moto.

    moto_script.py THREADS < JOB

JOB, as JSON: {"endpoint_url", "units": [{name, tags}], "policies": [{name, description, document, tags}],
"attachments": [{unit, policy}], "accounts": [{name, email, role, unit, tags}]}

Makes all of it in an account without an organization, as much at a time as there are threads; no account is moved into its
unit before the guardrails are on it. Prints the seconds it took, without starting Python and making the client.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def tags(of):
    return [{"Key": key, "Value": value} for key, value in of["tags"].items()]


def organization(client):
    """The id of the root of an organization whose policies are enabled."""
    try:
        client.describe_organization()
    except client.exceptions.AWSOrganizationsNotInUseException:
        client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]
    if not any(kind["Type"] == "SERVICE_CONTROL_POLICY" for kind in root["PolicyTypes"]):
        client.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    return root["Id"]


def carry_out(client, pool, job):
    root = organization(client)

    def unit(of):
        made = client.create_organizational_unit(ParentId=root, Name=of["name"], Tags=tags(of))
        return made["OrganizationalUnit"]["Id"]

    def policy(of):
        made = client.create_policy(
            Name=of["name"],
            Description=of["description"],
            Content=of["document"],
            Type="SERVICE_CONTROL_POLICY",
            Tags=tags(of),
        )
        return made["Policy"]["PolicySummary"]["Id"]

    def account(of):
        asked = client.create_account(
            AccountName=of["name"], Email=of["email"], RoleName=of["role"], IamUserAccessToBilling="ALLOW", Tags=tags(of)
        )
        status = asked["CreateAccountStatus"]
        while status["State"] == "IN_PROGRESS":
            time.sleep(1)
            found = client.describe_create_account_status(CreateAccountRequestId=status["Id"])
            status = found["CreateAccountStatus"]
        return status["AccountId"]

    units = {of["name"]: pool.submit(unit, of) for of in job["units"]}
    policies = {of["name"]: pool.submit(policy, of) for of in job["policies"]}
    accounts = [(of, pool.submit(account, of)) for of in job["accounts"]]
    attached = [
        pool.submit(
            client.attach_policy, PolicyId=policies[of["policy"]].result(), TargetId=units[of["unit"]].result()
        )
        for of in job["attachments"]
    ]
    for attachment in attached:
        attachment.result()
    moved = [
        pool.submit(
            client.move_account,
            AccountId=made.result(),
            SourceParentId=root,
            DestinationParentId=units[of["unit"]].result(),
        )
        for of, made in accounts
    ]
    for move in moved:
        move.result()


def main():
    threads = int(sys.argv[1])
    job = json.load(sys.stdin)
    client = boto3.client(
        "organizations",
        region_name="us-east-1",
        endpoint_url=job["endpoint_url"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(max_pool_connections=threads, retries={"max_attempts": 1}),
    )
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        carry_out(client, pool, job)
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
