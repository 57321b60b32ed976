"""Guardrails: documents, findings, verdicts, packing."""

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import securebase as sb

FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
LOCK = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "RegionLock",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
        }
    ],
}


def ask(action: str, resource: str = "*", **context: Any) -> dict[str, Any]:
    return {
        "action": action,
        "resource": resource,
        "principal": "arn:aws:iam::111122223333:role/dev",
        "account": "111122223333",
        "context": {key.replace("__", ":"): value for key, value in context.items()},
    }


@pytest.mark.parametrize("framework", ["soc2", "hipaa", "fedramp", "cis", "SOC 2"])
def test_catalogue_holds_its_own_examples(framework: str) -> None:
    found = sb.guardrails(framework)
    assert len(found) >= 25
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert one.intent.endswith((".", "wants."))
        assert set(one.controls) == {"soc2", "hipaa", "fedramp", "cis"}
        assert sb.PolicyDocument.from_dict(one.policy) == one.document
        assert one.denies and one.allows
        for request in one.denies:
            assert not sb.evaluate([[FULL, one.policy]], request).allowed, (one.id, request)
        for request in one.allows:
            assert sb.evaluate([[FULL, one.policy]], request).allowed, (one.id, request)
        assert pickle.loads(pickle.dumps(one)) == one


def test_parameters_reach_the_documents() -> None:
    lock = next(one for one in sb.guardrails("fedramp", regions=["eu-central-1"]) if one.id == "G10")
    assert lock.policy["Statement"]["Condition"]["StringNotEquals"] == {"aws:RequestedRegion": "eu-central-1"}
    with pytest.raises(sb.InputError, match="regions"):
        sb.guardrails("fedramp", regions=[])
    with pytest.raises(sb.InputError, match="regoins"):
        sb.guardrails("fedramp", regoins=["x"])


def test_documents_compare_by_meaning() -> None:
    one = sb.PolicyDocument.parse(json.dumps(LOCK, indent=4))
    other = sb.PolicyDocument.parse(
        '{"Statement":{"Condition":{"stringnotequals":{"AWS:requestedregion":"us-east-1"}},"Resource":["*"],'
        '"NotAction":["STS:*","IAM:*","iam:*"],"Effect":"Deny","Sid":"RegionLock"},"Version":"2012-10-17"}'
    )
    assert one == other and hash(one) == hash(other)
    assert one.to_json() == other.to_json() == str(one)
    assert one.size == len(one.to_json())
    assert " " not in one.to_json()
    assert sb.PolicyDocument.parse(one.to_json()) == one
    assert sb.PolicyDocument.from_dict(one.to_dict()) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != sb.PolicyDocument.from_dict(FULL)


def test_every_defect_has_its_place() -> None:
    with pytest.raises(sb.InputError) as caught:
        sb.PolicyDocument.parse('{\n "Version": "2012-10-17",\n "Statement": [{"Effect": "deny", "Acton": "*",\n  "Resource": 4}]\n}')
    found = {(problem.code, problem.line) for problem in caught.value.problems}
    assert found == {
        ("policy.effect", 3),
        ("policy.unknown-element", 3),
        ("policy.missing-element", 3),
        ("policy.type", 4),
    }
    hints = [problem.hint for problem in caught.value.problems if problem.code == "policy.unknown-element"]
    assert hints == ["did you mean `Action`?"]
    assert caught.value.code == "policy.malformed"


def test_findings() -> None:
    codes = {problem.code for problem in sb.PolicyDocument.from_dict(LOCK).lint()}
    assert {"policy.region-lock-global-services", "policy.locks-out-executor"} <= codes
    assert sb.PolicyDocument.from_dict(FULL).lint() == []
    too_large = sb.PolicyDocument.from_dict(FULL).lint(max_size=10)
    assert [problem.code for problem in too_large] == ["policy.too-large"]


def test_verdicts_name_what_decided() -> None:
    levels = [[FULL], [FULL, ("lock", LOCK)], [sb.PolicyDocument.from_dict(FULL)]]
    denied = sb.evaluate(levels, ask("ec2:RunInstances", aws__RequestedRegion="eu-west-1"))
    assert not denied.allowed and not denied
    assert denied.decision == "explicit-deny"
    assert denied.decided_by is not None
    assert (denied.decided_by.policy, denied.decided_by.statement, denied.decided_by.level) == ("lock", "RegionLock", 1)
    assert tuple(denied.decided_by) == ("lock", "RegionLock")
    assert denied.decided_by["statement"] == "RegionLock"
    assert denied.decided_by.conditions == ["aws:RequestedRegion StringNotEquals us-east-1"]
    assert pickle.loads(pickle.dumps(denied)) == denied

    allowed = sb.evaluate(levels, ask("ec2:RunInstances", aws__RequestedRegion="us-east-1"))
    assert allowed.allowed and allowed.decision == "allowed"

    narrow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    implicit = sb.evaluate([[FULL], [narrow], [FULL]], ask("ec2:RunInstances"))
    assert implicit.decision == "implicit-deny"
    assert implicit.decided_by is not None
    assert (implicit.decided_by.level, implicit.decided_by.policy) == (1, None)
    assert not sb.evaluate([[FULL], []], ask("s3:GetObject")).allowed
    assert sb.evaluate([], ask("s3:GetObject")).allowed


def test_a_verdict_names_every_cause_and_its_guardrail() -> None:
    [(_, _, document)] = sb.tier_documents("soc2")
    denied = sb.evaluate(
        [[FULL], [FULL, ("own", LOCK), ("tier", document)], []],
        ask("cloudtrail:StopLogging", aws__RequestedRegion="eu-west-1"),
    )
    assert denied.causes[0] == denied.decided_by
    assert [(one.policy, one.guardrail) for one in denied.causes] == [("own", None), ("tier", "G20"), ("tier", "G10"), (None, None)]
    assert "G20" in str(denied) and "The audit trail keeps running" in str(denied)
    assert sb.evaluate([[FULL]], ask("s3:GetObject")).causes == []
    misspelled = sb.evaluate([[FULL]], ask("s3:GetObjekt", aws__SourceVcp="vpc-1"))
    assert misspelled.allowed and misspelled.unknown == ["s3:GetObjekt", "aws:SourceVcp"]
    with pytest.raises(sb.SecureBaseError, match="jo"):
        sb.evaluate([[FULL]], {"action": "s3:GetObject", "principal": "jo"})


def test_frameworks_must_exist() -> None:
    for call in (sb.coverage, sb.guardrails, sb.tier_documents):
        with pytest.raises(sb.SecureBaseError) as raised:
            call("hippa")
        assert raised.value.code == "policy.unknown-framework"
        assert "hipaa" in raised.value.problems[0].hint
    with pytest.raises(sb.SecureBaseError, match="pci"):
        sb.guardrails("pci")


def test_who_is_exempt() -> None:
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    request = ask("ec2:RunInstances")
    assert not sb.evaluate([[everything]], request).allowed
    assert sb.evaluate([[everything]], {**request, "principal": linked}).decision == "exempt"
    assert sb.evaluate([[everything]], {**request, "management_account": "111122223333"}).decision == "exempt"


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEqual": {"a": "b"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "no"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"a": "true"}}},
        {"Effect": "Deny", "Action": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"},
    ],
)
def test_a_broken_statement_is_an_error(statement: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    with pytest.raises(sb.SecureBaseError) as caught:
        sb.evaluate([[FULL, document]], ask("s3:GetObject"))
    assert caught.value.problems


def test_resource_control_policies() -> None:
    every = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    tls = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    }
    request = ask("s3:GetObject", "arn:aws:s3:::b/k", aws__SecureTransport=False)
    assert sb.evaluate([[every, tls]], request, kind="rcp").decision == "explicit-deny"
    assert sb.PolicyDocument.from_dict(tls).lint(kind="rcp") == []
    assert "policy.principal" in {problem.code for problem in sb.PolicyDocument.from_dict(tls).lint()}


def test_requests_are_read_strictly() -> None:
    with pytest.raises(sb.InputError) as caught:
        sb.evaluate([[FULL]], {"action": "s3", "recource": "*"})
    assert {problem.path for problem in caught.value.problems} == {"action", "recource"}
    with pytest.raises(TypeError):
        sb.evaluate([FULL], ask("s3:GetObject"))
    with pytest.raises(TypeError):
        sb.evaluate([[4]], ask("s3:GetObject"))  # type: ignore[list-item]


def test_packing_keeps_verdicts() -> None:
    before = [one.policy for one in sb.guardrails("soc2")]
    after = sb.pack(before)
    assert len(after) == 1 and after[0].size <= 10_240
    certificate = sb.certify(before, after)
    assert len(certificate["actions"]) > 100
    small = sb.pack(before, max_size=3_000, max_documents=5)
    assert 1 < len(small) <= 5 and all(document.size <= 3_000 for document in small)
    sb.certify(before, small)
    with pytest.raises(sb.PolicyError, match="do not mean the same"):
        sb.certify(before, small[1:])


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(sb.SecureBaseError) as caught:
        sb.pack([one.policy for one in sb.guardrails("fedramp")], max_size=2_000, max_documents=2)
    assert caught.value.code == "policy.does-not-fit"
    assert "2000 characters" in str(caught.value) and "G10" in str(caught.value)
    assert caught.value.problems


def test_tier_documents() -> None:
    for framework in ("soc2", "hipaa", "fedramp", "cis"):
        [(name, description, document)] = sb.tier_documents(framework)
        assert name == f"securebase-{framework}"
        assert len(description) <= 512 and document.size <= 10_240


def test_coverage_speaks_of_one_framework() -> None:
    for framework in ("soc2", "hipaa", "fedramp", "cis"):
        report = sb.coverage(framework)
        assert report.framework == framework
        assert {"preventive", "detective", "open"} <= {row["coverage"] for row in report.controls}
        assert len(report.to_table()) == len(report.controls)
        assert pickle.loads(pickle.dumps(report)) == report
    assert "CC6" not in str(sb.coverage("hipaa"))


def test_difference_in_meaning() -> None:
    assert sb.difference([[FULL, LOCK]], [[sb.PolicyDocument.from_dict(LOCK), FULL]]).is_empty
    found = sb.difference([[FULL]], [[FULL, LOCK]])
    [change] = found.changes
    assert (change.before, change.after, change.regions) == ("allowed", "denied", ["elsewhere"])
    assert change.principals == ["executor", "role", "root", "user"]
    assert str(found) == "`any other action` by executor, role, root, user in any other region: allowed → denied\n"
    assert pickle.loads(pickle.dumps(found)) == found


def test_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guardrails.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(compile(block, "guardrails.md", "exec"), names)
    for framework in ("soc2", "hipaa", "fedramp", "cis"):
        for one in sb.guardrails(framework):
            assert re.search(rf"\b{one.id}\b|G01–G05|G23–G25|G50–G53", guide), one.id


def test_many_at_once() -> None:
    path = sb.PolicyPath([[FULL], [FULL, LOCK]])
    open_path = sb.PolicyPath([[FULL]])
    requests = sb.Requests([ask("ec2:RunInstances", aws__RequestedRegion=region) for region in ("us-east-1", "eu-west-1")] * 3)
    assert len(requests) == 6
    assert sb.evaluate_many([path, open_path, path], requests) == [b"\0\2" * 3, b"\0" * 6, b"\0\2" * 3]
    assert path.evaluate(ask("iam:GetRole", aws__RequestedRegion="eu-west-1")).allowed


def test_what_applies_to_a_tenant(ten: sb.LandingZone) -> None:
    policy = ten.effective_policy("techgov-federal")
    assert (policy.tenant, policy.unit, policy.framework) == (
        "techgov-federal",
        "Customers-Government-Federal",
        "fedramp",
    )
    assert [level for level, _ in policy.levels] == ["root", "Customers-Government-Federal", "account"]
    assert [name for name, _ in policy.levels[1][1]] == ["FullAWSAccess", "securebase-gov-federal"]
    assert {framework for one in policy.guardrails for framework in one.controls} == {"fedramp"}
    assert policy.coverage.framework == "fedramp"
    assert policy.denies.size > 1_000
    assert set(policy.to_arrow().to_pandas()["effect"]) == {"Allow", "Deny"}
    assert pickle.loads(pickle.dumps(policy)) == policy
    with pytest.raises(sb.PlanError, match="nobody"):
        ten.effective_policy("nobody")


def test_a_change_of_guardrails_shows_what_it_means(ten: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    assert ten.plan(cloud).apply(cloud, tmp_path).status == "succeeded"
    changed = ten.to_dict()
    moved = next(key for key, tenant in changed["clients"].items() if tenant["tier"] == "standard")
    changed["clients"][moved] |= {"tier": "fintech", "framework": "soc2"}
    plan = sb.LandingZone.from_dict(changed).plan(cloud)
    [effect] = plan.guardrail_effects()
    assert (effect.moved_from, effect.unit) == ("Customers-Standard", "Customers-Fintech")
    assert effect.tenants == [moved] and effect.accounts == 1
    assert effect.steps == [f"tenant/{moved}/account/placement"]
    assert not effect.difference.is_empty
    assert effect.difference.summary()[0].direction == "denied"
    assert "now denied: " in str(plan)
    assert pickle.loads(pickle.dumps(effect)) == effect
