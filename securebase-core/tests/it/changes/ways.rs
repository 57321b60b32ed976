//! Every way out that a refusal or a warning names is taken here, and leads out.

use securebase_core::cloud::{Operation, Target, ec2, organizations};
use securebase_core::exec;
use securebase_core::model::{AccountId, Address, Email, Problem, Tags};
use securebase_core::plan::{Error, Plan};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;
use securebase_core::time::Time;

use super::hand::{Hand, member};
use super::{let_go, try_replan};
use crate::support::{ONE_TENANT, applied, memory, now, zone};

/// What a problem was found in.
struct World {
    cloud: SimulatedCloud,
    state: State,
    text: String,
}

/// A way out: words of the hint that name it, and what a user does then, down to the file in the end.
type Way = (&'static str, fn(&World) -> String);

/// A problem, what it is found in, and every way its hint names.
struct Case {
    code: &'static str,
    world: fn() -> World,
    ways: &'static [Way],
}

fn with(lines: &str) -> String {
    ONE_TENANT.replace("    prefix        =", &format!("    {lines}\n    prefix        ="))
}

fn outcome(text: &str, world: &World) -> Result<Plan, Problem> {
    match try_replan(&zone(text), &world.cloud, &world.state) {
        Ok(plan) => Ok(plan),
        Err(Error::Problems(problems)) => Err(problems.0[0].clone()),
        Err(error) => panic!("{error}"),
    }
}

fn served(text: String) -> World {
    let (cloud, state) = applied(ONE_TENANT);
    World { cloud, state, text }
}

fn account_of(cloud: &SimulatedCloud, email: &str) -> AccountId {
    let accounts = cloud.accounts();
    accounts.iter().find(|(found, _)| found.email == email).unwrap().0.id
}

/// Makes an account by hand, with tags.
fn invite(cloud: &SimulatedCloud, name: &str, email: &str, tags: &[(&str, &str)]) -> AccountId {
    let hand = Hand { cloud, target: Target::Management };
    hand.call(&Operation::Organizations(organizations::Operation::CreateAccount {
        name: name.to_owned(),
        email: email.to_owned(),
        role: "OrganizationAccountAccessRole".parse().unwrap(),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Tags>(),
    }));
    cloud.advance_to(Time::from_micros(cloud.now().as_micros() + 3_600_000_000));
    account_of(cloud, email)
}

fn close(world: &World) {
    let leaving = zone(&with("offboard = \"close\""));
    let plan = try_replan(&leaving, &world.cloud, &world.state).unwrap();
    assert_eq!(now(exec::apply(&plan, &world.cloud, &world.state, let_go(&plan))).unwrap().failed, []);
}

/// Applies a file, deletions included.
fn take(world: &World, text: &str) {
    let plan = try_replan(&zone(text), &world.cloud, &world.state).unwrap();
    assert_eq!(now(exec::apply(&plan, &world.cloud, &world.state, let_go(&plan))).unwrap().failed, []);
}

const OWN: [(&str, &str); 2] = [("securebase:zone", "securebase"), ("securebase:tenant", "acme-finance")];
const FORMER: [(&str, &str); 2] = [("securebase:zone", "securebase"), ("securebase:tenant", "acme-old")];
const OTHER_ZONE: [(&str, &str); 2] = [("securebase:zone", "another"), ("securebase:tenant", "other-tenant")];
const OWN_OF_OTHER_ZONE: [(&str, &str); 2] =
    [("securebase:zone", "another"), ("securebase:tenant", "acme-finance")];

fn own_account() -> String {
    with("account_email = \"root+new@example.com\"\n    account_name = \"another name\"")
}

fn by_hand(name: &str, email: &str, tags: &[(&str, &str)]) -> World {
    let cloud = SimulatedCloud::new(3);
    invite(&cloud, name, email, tags);
    World { cloud, state: memory(), text: ONE_TENANT.to_owned() }
}

const ERRORS: &[Case] = &[
    Case {
        code: "account-id-unknown",
        world: || {
            let world = served(String::new());
            let id = account_of(&world.cloud, "aws+acme@example.com");
            world.cloud.expel_account(id);
            World { state: memory(), text: with(&format!("account_id = \"{id}\"")), ..world }
        },
        ways: &[
            ("drop the line", |_| ONE_TENANT.to_owned()),
            ("invite that account", |world| {
                world.cloud.readmit_accounts();
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "account-email-differs",
        world: || served(ONE_TENANT.replace("aws+{prefix}", "root+{prefix}")),
        ways: &[
            ("write `account_email = \"aws+acme@example.com\"`", |world| {
                let line = "    account_email = \"aws+acme@example.com\"\n    prefix        =";
                world.text.replace("    prefix        =", line)
            }),
            ("`start_root_email_change`", |world| {
                let id = account_of(&world.cloud, "aws+acme@example.com");
                let email: Email = "root+acme@example.com".parse().unwrap();
                now(exec::start_root_email_change(&world.cloud, id, &email)).unwrap();
                let code = world.cloud.mailed_code(email.as_str()).unwrap();
                now(exec::finish_root_email_change(&world.cloud, id, &email, &code)).unwrap();
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "account-name-taken",
        world: || by_hand("acme-finance", "someone@example.com", &[]),
        ways: &[
            ("set `account_email` to its address", |_| with("account_email = \"someone@example.com\"")),
            ("`account_id` to its id", |world| {
                with(&format!("account_id = \"{}\"", account_of(&world.cloud, "someone@example.com")))
            }),
            ("choose another `account_name`", |_| with("account_name = \"another name\"")),
        ],
    },
    Case {
        code: "account-name-taken",
        world: || by_hand("acme-finance", "someone@example.com", &FORMER),
        ways: &[
            ("`renamed_from = \"acme-old\"` and `account_email = \"someone@example.com\"`", |_| {
                with("renamed_from = \"acme-old\"\n    account_email = \"someone@example.com\"")
            }),
            ("choose another `account_name`", |_| with("account_name = \"another name\"")),
        ],
    },
    Case {
        code: "account-name-taken",
        world: || by_hand("acme-finance", "someone@example.com", &OTHER_ZONE),
        ways: &[("choose another `account_name`", |_| with("account_name = \"another name\""))],
    },
    Case {
        code: "account-name-taken",
        world: || World {
            cloud: SimulatedCloud::new(3),
            state: memory(),
            text: with("account_name = \"management\""),
        },
        ways: &[("choose another `account_name`", |_| with("account_name = \"another name\""))],
    },
    Case {
        code: "account-closed",
        world: || {
            let world = served(ONE_TENANT.to_owned());
            close(&world);
            world
        },
        ways: &[
            ("write another `account_email`", |_| with("account_email = \"root+new@example.com\"")),
            ("have AWS reopen it", |world| {
                world.cloud.reopen_account(account_of(&world.cloud, "aws+acme@example.com"));
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "account-closed",
        world: || {
            let world = served(String::new());
            close(&world);
            let id = account_of(&world.cloud, "aws+acme@example.com");
            World { text: with(&format!("account_id = \"{id}\"")), ..world }
        },
        ways: &[
            ("drop `account_id` and write another `account_email`", |_| {
                with("account_email = \"root+new@example.com\"")
            }),
            ("have AWS reopen it", |world| {
                world.cloud.reopen_account(account_of(&world.cloud, "aws+acme@example.com"));
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "account-of-another",
        world: || by_hand("acme-finance", "aws+acme@example.com", &FORMER),
        ways: &[
            ("write `renamed_from = \"acme-old\"`", |_| with("renamed_from = \"acme-old\"")),
            ("give this tenant an account of its own", |_| own_account()),
        ],
    },
    Case {
        code: "account-of-another",
        world: || by_hand("acme-finance", "aws+acme@example.com", &OTHER_ZONE),
        ways: &[("give this tenant an account of its own", |_| own_account())],
    },
    Case {
        code: "account-of-another",
        world: || {
            let world = by_hand("acme-finance", "aws+acme@example.com", &OTHER_ZONE);
            let id = account_of(&world.cloud, "aws+acme@example.com");
            World { text: with(&format!("account_id = \"{id}\"")), ..world }
        },
        ways: &[("without an `account_id`", |_| own_account())],
    },
    Case {
        code: "zone-renamed",
        world: || by_hand("acme-finance", "aws+acme@example.com", &OWN_OF_OTHER_ZONE),
        ways: &[
            ("write `org_name = \"another\"`", |world| world.text.replace("\"securebase\"", "\"another\"")),
            ("use tenants, root e-mail addresses", |_| own_account()),
        ],
    },
    Case {
        code: "duplicate-resource",
        world: || {
            let world = by_hand("acme-finance", "aws+acme@example.com", &OWN);
            invite(&world.cloud, "acme-finance", "someone@example.com", &OWN);
            world
        },
        ways: &[
            ("write the id of the right one as `account_id`", |world| {
                with(&format!("account_id = \"{}\"", account_of(&world.cloud, "aws+acme@example.com")))
            }),
            ("take the `securebase:` tags off the others", |world| {
                let other = account_of(&world.cloud, "someone@example.com").to_string();
                for (tag, _) in OWN {
                    world.cloud.set_tag(&other, tag, None);
                }
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "account-is-management",
        world: || {
            let cloud = SimulatedCloud::new(3);
            let id = cloud.observe().organization.unwrap().organization.management_account;
            World { text: with(&format!("account_id = \"{id}\"")), cloud, state: memory() }
        },
        ways: &[
            ("drop the line to have an account created", |_| ONE_TENANT.to_owned()),
            ("write the id of a member account", |world| {
                let id = invite(&world.cloud, "acme", "aws+acme@example.com", &[]);
                with(&format!("account_id = \"{id}\""))
            }),
        ],
    },
    Case {
        code: "account-is-management",
        world: || World {
            cloud: SimulatedCloud::new(3),
            state: memory(),
            text: with("account_email = \"management@example.com\""),
        },
        ways: &[("write an `account_email` that no account has", |_| {
            with("account_email = \"root+new@example.com\"")
        })],
    },
    Case {
        code: "block-immutable",
        world: || served(ONE_TENANT.replace("10.0.0.0/16", "10.9.0.0/16")),
        ways: &[
            ("write `vpc_cidr = \"10.0.0.0/16\"`", |_| ONE_TENANT.to_owned()),
            ("`offboard = \"suspend\"` for this tenant", |world| {
                let leaving = world.text.replace("    prefix  ", "    offboard = \"suspend\"\n    prefix  ");
                take(world, &leaving);
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "network-in-another-region",
        world: || served(with("region = \"eu-west-1\"")),
        ways: &[
            ("write `region = \"us-east-1\"` for this tenant", |_| with("region = \"us-east-1\"")),
            ("`enable_vpc = false`", |world| {
                take(world, &ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false"));
                world.text.clone()
            }),
        ],
    },
    Case {
        code: "vpc-id-unknown",
        world: || {
            let world = by_hand("acme-finance", "aws+acme@example.com", &[]);
            let line = "vpc_id = \"vpc-0123456789abcdef0\"";
            World { text: ONE_TENANT.replace("vpc_cidr      = \"10.0.0.0/16\"", line), ..world }
        },
        ways: &[
            ("write the id of a VPC of this account and region", |world| {
                let account = account_of(&world.cloud, "aws+acme@example.com");
                let block = "10.77.0.0/16".parse().unwrap();
                let vpc = member(&world.cloud, account)
                    .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: Tags::new() }));
                world.text.replace("vpc-0123456789abcdef0", vpc.as_str())
            }),
            ("drop the line to have one made", |world| {
                world.text.replace("vpc_id = \"vpc-0123456789abcdef0\"", "")
            }),
        ],
    },
    Case {
        code: "vpc-block-differs",
        world: || {
            let world = by_hand("acme-finance", "aws+acme@example.com", &[]);
            let account = account_of(&world.cloud, "aws+acme@example.com");
            let block = "10.77.0.0/16".parse().unwrap();
            let vpc = member(&world.cloud, account)
                .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: Tags::new() }));
            World { text: with(&format!("vpc_id = \"{vpc}\"")), ..world }
        },
        ways: &[("write `vpc_cidr = \"10.77.0.0/16\"`", |world| {
            world.text.replace("10.0.0.0/16", "10.77.0.0/16")
        })],
    },
    Case {
        code: "resource-of-another",
        world: || {
            let world = served(ONE_TENANT.to_owned());
            world.cloud.set_tag(&unit(&world), "securebase:zone", Some("another"));
            world
        },
        ways: &[
            ("give one of the two another name", |world| {
                format!("{}\ntiers = {{ fintech = {{ ou_name = \"Our Customers\" }} }}\n", world.text)
            }),
            ("take the tag `securebase:zone` off it", |world| {
                world.cloud.set_tag(&unit(world), "securebase:zone", None);
                world.text.clone()
            }),
        ],
    },
];

fn unit(world: &World) -> String {
    let resources = now(world.state.resources()).unwrap();
    resources[&Address::new("organization/ou/Customers-Fintech")].id.to_string()
}

#[test]
fn every_way_out_of_a_refusal_leads_out() {
    for Case { code, world, ways } in ERRORS {
        for (words, way) in *ways {
            let world = world();
            let problem = outcome(&world.text, &world).err().unwrap_or_else(|| panic!("{code} is not found"));
            assert_eq!(&problem.code, code, "{problem}");
            assert!(problem.hint.contains(words), "{code}: `{words}` is not in the hint: {}", problem.hint);
            let text = way(&world);
            if let Err(problem) = outcome(&text, &world) {
                panic!("{code}: `{words}` leads to {problem}: {}", problem.hint);
            }
        }
    }
}

/// The account of a tenant that the file has forgotten.
fn forgotten() -> World {
    let world = served(String::new());
    let text = ONE_TENANT.replace("\"acme-finance\"", "\"acme-bank\"");
    let text = text.replace("prefix        = \"acme\"", "prefix        = \"bank\"");
    World { text: text.replace("    vpc_cidr      = \"10.0.0.0/16\"\n", ""), ..world }
}

/// An account in a unit of the zone's, with those tags.
fn stranger(tags: &[(&str, &str)]) -> World {
    let world = served(ONE_TENANT.to_owned());
    let id = invite(&world.cloud, "stranger", "stranger@example.com", tags);
    world.cloud.move_account(id, &unit(&world).parse().unwrap());
    world
}

/// The file with the forgotten tenant put back.
fn back(world: &World, lines: &str) -> String {
    let entry = ONE_TENANT.split("clients = {").nth(1).unwrap().rsplit_once('}').unwrap().0;
    let entry = entry.replace("    prefix  ", &format!("    {lines}\n    prefix  "));
    world.text.replace("clients = {", &format!("clients = {{{entry}"))
}

const WARNINGS: &[Case] = &[
    Case {
        code: "account-unclaimed",
        world: forgotten,
        ways: &[
            ("put `acme-finance` back into the file", |world| back(world, "")),
            ("`offboard = \"suspend\"`", |world| back(world, "offboard = \"suspend\"")),
            ("`\"close\"`", |world| back(world, "offboard = \"close\"")),
            ("write `renamed_from = \"acme-finance\"`", |world| {
                let renamed = world.text.replace("prefix        = \"bank\"", "prefix        = \"acme\"");
                renamed.replace("    prefix  ", "    renamed_from = \"acme-finance\"\n    prefix  ")
            }),
        ],
    },
    Case {
        code: "account-unclaimed",
        world: || stranger(&[]),
        ways: &[
            ("write its id as `account_id` of a tenant", |world| {
                let id = account_of(&world.cloud, "stranger@example.com");
                let entry = back(world, &format!("account_id = \"{id}\""));
                let entry = entry.replacen("acme-finance", "stranger", 1);
                entry.replacen("\"acme\"", "\"strange\"", 1).replacen(
                    "    vpc_cidr      = \"10.0.0.0/16\"\n",
                    "",
                    1,
                )
            }),
            ("move it elsewhere", move_away),
        ],
    },
    Case {
        code: "account-unclaimed",
        world: || stranger(&OTHER_ZONE),
        ways: &[("move it into a unit of that one", move_away)],
    },
    Case {
        code: "account-unclaimed",
        world: || stranger(&OWN),
        ways: &[
            ("write its id as `account_id` there", |world| {
                let id = account_of(&world.cloud, "stranger@example.com");
                let lines = format!("account_id = \"{id}\"");
                // The other account of the tenant is left over now, and leaves.
                let old = account_of(&world.cloud, "aws+acme@example.com");
                world.cloud.close_account(old);
                with(&lines)
            }),
            ("take its `securebase:` tags off and move it elsewhere", |world| {
                let id = account_of(&world.cloud, "stranger@example.com").to_string();
                for (tag, _) in OWN {
                    world.cloud.set_tag(&id, tag, None);
                }
                move_away(world)
            }),
        ],
    },
];

fn move_away(world: &World) -> String {
    let root = world.cloud.observe().organization.unwrap().root.id;
    world.cloud.move_account(account_of(&world.cloud, "stranger@example.com"), &root);
    world.text.clone()
}

#[test]
fn every_way_out_of_a_warning_leads_out() {
    for Case { code, world, ways } in WARNINGS {
        for (words, way) in *ways {
            let world = world();
            let warned = |plan: &Plan| plan.warnings.iter().find(|warning| warning.code == *code).cloned();
            let plan = outcome(&world.text, &world).unwrap_or_else(|problem| panic!("{code}: {problem}"));
            let warning = warned(&plan).unwrap_or_else(|| panic!("{code} is not found: {plan}"));
            assert!(warning.hint.contains(words), "{code}: `{words}` is not in the hint: {}", warning.hint);
            let text = way(&world);
            let plan =
                outcome(&text, &world).unwrap_or_else(|problem| panic!("{code}: `{words}`: {problem}"));
            assert_eq!(warned(&plan), None, "{code}: `{words}`");
        }
    }
}
