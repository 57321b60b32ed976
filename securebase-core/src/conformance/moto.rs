//! What a moto server (5.2) is known not to honour, found by running the suite against it.

use super::{Deviation, Deviations};

const fn deviation(case: &'static str, reason: &'static str) -> Deviation {
    Deviation { case, reason }
}

/// The cases a moto server fails.
pub const DEVIATIONS: Deviations = Deviations(&[
    deviation("unit/duplicate-name", "takes a second unit of the same name under one parent"),
    deviation("unit/missing-parent", "takes a parent that does not exist"),
    deviation("unit/depth", "nests units without limit"),
    deviation("unit/delete-with-content", "deletes units that hold others"),
    deviation("account/asynchronous", "answers SUCCEEDED at once"),
    deviation("account/unknown-request", "answers AccountNotFoundException"),
    deviation("account/taken-email", "takes an address twice"),
    deviation("account/repeated-request", "takes an address twice"),
    deviation("account/bad-name", "takes any name"),
    deviation("account/bad-email", "takes any address"),
    deviation("account/move-from-elsewhere", "takes any source"),
    deviation("account/move-again", "moves an account to where it is"),
    deviation("account/rename", "knows no names of accounts to change"),
    deviation("account/root-address", "knows no root addresses to change"),
    deviation("account/no-such-account", "assumes roles in accounts that do not exist"),
    deviation("account/no-such-role", "assumes roles that do not exist"),
    deviation("policy/malformed", "takes any text for a document"),
    deviation("policy/too-large", "takes documents of any size"),
    deviation("policy/update", "gives a policy the name of another"),
    deviation("policy/attach-to-nothing", "answers OrganizationalUnitNotFoundException"),
    deviation("policy/attach-twice", "attaches twice without a word"),
    deviation("policy/detach-what-is-not-attached", "detaches without a word"),
    deviation("policy/keep-one", "detaches the last policy"),
    deviation("policy/at-most-ten", "attaches without limit"),
    deviation("vpc/bad-range", "takes reserved ranges"),
    deviation("vpc/delete-with-internet-gateway", "deletes a VPC under its gateway"),
    deviation("vpc/delete-with-endpoint", "deletes a VPC under its endpoint"),
    deviation("subnet/too-small", "takes a /29"),
    deviation("subnet/foreign-zone", "takes zones of other regions"),
    deviation("internet-gateway/second", "attaches two gateways to one VPC"),
    deviation("nat-gateway/life", "never frees the address of a deleted gateway"),
    deviation("nat-gateway/pending", "answers available at once"),
    deviation("nat-gateway/without-internet", "makes a NAT gateway that leads nowhere"),
    deviation("nat-gateway/token", "ignores client tokens"),
    deviation("nat-gateway/in-use", "releases addresses in use"),
    deviation("vpn-gateway/second", "attaches two gateways to one VPC"),
    deviation("vpc-endpoint/delete-nothing", "deletes endpoints that do not exist without a word"),
    deviation("vpc-endpoint/second", "makes a second endpoint, and replaces the route to the first"),
    deviation("vpc-endpoint/token", "ignores client tokens"),
    deviation("route-table/token", "ignores client tokens"),
    deviation("route/black-hole", "shows routes to a deleted gateway as they were"),
    deviation("route-table/second-association", "ignores a second association"),
    deviation("log-group/odd-retention", "takes any number of days"),
    deviation("flow-log/without-role", "takes a role that does not exist"),
    deviation("flow-log/token", "ignores client tokens"),
]);
