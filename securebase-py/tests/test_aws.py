"""AWS through its SDKs, against a moto server that this test starts."""

import asyncio
import pickle
from pathlib import Path

import boto3
import pytest
from conftest import small_zone

import securebase as sb


def has_aws() -> bool:
    """Whether this build has AWS in it."""
    try:
        sb.AwsCloud(endpoint_url="http://127.0.0.1:9")
    except sb.CloudError as error:
        return error.code != "aws-missing"
    return True


pytestmark = pytest.mark.skipif(not has_aws(), reason="this build has no AWS in it")


def test_a_cloud_goes_by_its_settings(moto: str) -> None:
    cloud = sb.AwsCloud(region="eu-west-1", endpoint_url=moto)
    assert (cloud.region, cloud.endpoint_url, cloud.profile) == ("eu-west-1", moto, None)
    assert pickle.loads(pickle.dumps(cloud)) == cloud
    assert repr(cloud) == f'AwsCloud(region="eu-west-1", endpoint_url="{moto}")'
    secret = sb.AwsCloud(endpoint_url=moto.replace("//", "//user:word@"))
    assert "word" not in repr(secret)
    with pytest.raises(sb.InputError) as caught:
        sb.AwsCloud(region="the moon")
    assert caught.value.code == "name-invalid"
    assert caught.value.problems[0].hint


def test_a_profile_that_is_not_there(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with pytest.raises(sb.CloudError) as caught:
        sb.AwsCloud(endpoint_url=moto, profile="absent")
    assert caught.value.code == "ProfileNotFound"
    for part in ("`absent`", str(tmp_path / "config"), str(tmp_path / "credentials"), "define none"):
        assert part in str(caught.value)
    assert "aws configure" in caught.value.problems[0].hint


def test_what_is_no_endpoint() -> None:
    with pytest.raises(sb.CloudError):
        sb.AwsCloud(endpoint_url="not a url")


def test_applied_to_a_server(moto: str, tmp_path: Path) -> None:
    cloud = sb.AwsCloud(endpoint_url=moto)
    zone = small_zone(1)
    told: list[str] = []
    run = zone.plan(cloud).apply(cloud, state=tmp_path, progress=lambda event: told.append(event.name))
    assert run.errors == {}
    assert run.status == "succeeded"
    assert told[-1] == "ended"
    client = boto3.client(
        "organizations",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    accounts = client.list_accounts()["Accounts"]
    assert "cloud@tenant-0.example.com" in {account["Email"] for account in accounts}
    assert len(sb.State(tmp_path).history()) == 1
    again = asyncio.run(_again(zone, cloud, tmp_path))
    assert again.applied == []


async def _again(zone: sb.LandingZone, cloud: sb.AwsCloud, state: Path) -> sb.Run:
    return await zone.plan(cloud).apply_async(cloud, state=state)
