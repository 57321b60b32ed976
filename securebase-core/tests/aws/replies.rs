//! Replies that moto never gives, but AWS does or may one day.

use securebase_core::cloud::ec2::{self, NatGatewayState};
use securebase_core::cloud::kms::{self, KeyState};
use securebase_core::cloud::organizations::{self, AccountRequestState, AccountState};
use securebase_core::cloud::{Call, Cloud, Delivery, ErrorKind, Operation, Reply, Target, logs};
use securebase_core::model::Tags;

use super::fake::{Answer, Fake, json, xml};

async fn reply(operation: Operation, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Reply {
    let fake = Fake::start(answer);
    fake.cloud().await.call(Call { target: Target::Management, operation }).await.unwrap()
}

#[tokio::test]
async fn states_of_an_account_old_new_and_unheard_of() {
    let reply = reply(organizations::Operation::ListAccounts { page: None }.into(), |_| {
        let account = |id: u8, fields: &str| {
            format!(r#"{{"Id":"11112222333{id}","Name":"n","Email":"a@example.com"{fields}}}"#)
        };
        let accounts = [
            account(0, r#","State":"PENDING_CLOSURE","Status":"ACTIVE""#),
            account(1, r#","Status":"SUSPENDED""#),
            account(2, r#","State":"HIBERNATING""#),
            account(3, ""),
        ];
        json(200, &format!(r#"{{"Accounts":[{}],"NextToken":"more"}}"#, accounts.join(",")))
    })
    .await;
    let Reply::Organizations(organizations::Reply::Accounts(page)) = reply else { panic!("{reply:?}") };
    let states: Vec<_> = page.items.iter().map(|account| account.state).collect();
    assert_eq!(
        states,
        [AccountState::PendingClosure, AccountState::Suspended, AccountState::Unknown, AccountState::Unknown]
    );
    assert_eq!(page.next.as_deref(), Some("more"));
}

#[tokio::test]
async fn requests_for_accounts_in_every_state() {
    let operation = Operation::Organizations(organizations::Operation::ListCreateAccountStatus {
        in_progress_only: false,
        page: None,
    });
    let reply = reply(operation, |_| {
        json(
            200,
            r#"{"CreateAccountStatuses":[
                {"Id":"car-00000001","AccountName":"a","State":"IN_PROGRESS"},
                {"Id":"car-00000002","AccountName":"b","State":"SUCCEEDED","AccountId":"111122223333"},
                {"Id":"car-00000003","AccountName":"c","State":"FAILED","FailureReason":"EMAIL_ALREADY_EXISTS"},
                {"Id":"car-00000004","AccountName":"d","State":"FAILED","FailureReason":"INVENTED_TOMORROW"},
                {"Id":"car-00000005","AccountName":"e","State":"INVENTED_TOMORROW"}]}"#,
        )
    })
    .await;
    let Reply::Organizations(organizations::Reply::AccountRequests(page)) = reply else {
        panic!("{reply:?}")
    };
    let states: Vec<_> = page.items.into_iter().map(|request| request.state).collect();
    let failed = |reason: &str| AccountRequestState::Failed { reason: reason.to_owned() };
    assert_eq!(
        states,
        [
            AccountRequestState::InProgress,
            AccountRequestState::Succeeded { account: "111122223333".parse().unwrap() },
            failed("EMAIL_ALREADY_EXISTS"),
            failed("INVENTED_TOMORROW"),
            AccountRequestState::InProgress,
        ]
    );
}

#[tokio::test]
async fn an_empty_page_can_have_a_next_one() {
    let reply =
        reply(organizations::Operation::ListPolicies { page: Some("one".into()) }.into(), |request| {
            assert!(request.contains(r#""NextToken":"one""#) && request.contains("SERVICE_CONTROL_POLICY"));
            json(200, r#"{"Policies":[],"NextToken":"two"}"#)
        })
        .await;
    let Reply::Organizations(organizations::Reply::Policies(page)) = reply else { panic!("{reply:?}") };
    assert!(page.items.is_empty() && page.next.as_deref() == Some("two"));
}

#[tokio::test]
async fn nat_gateways_pending_failed_and_regional() {
    let reply = reply(ec2::Operation::DescribeNatGateways { tags: Tags::new(), page: None }.into(), |_| {
        xml(
            200,
            "<DescribeNatGatewaysResponse><natGatewaySet>\
             <item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>\
             <state>pending</state><natGatewayAddressSet><item><allocationId>eipalloc-1</allocationId></item>\
             </natGatewayAddressSet></item>\
             <item><natGatewayId>nat-2</natGatewayId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>\
             <state>failed</state><failureCode>Gateway.NotAttached</failureCode>\
             <failureMessage>no gateway</failureMessage></item>\
             <item><natGatewayId>nat-3</natGatewayId><vpcId>vpc-1</vpcId><state>available</state></item>\
             <item><natGatewayId>nat-4</natGatewayId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>\
             <state>dreaming</state></item>\
             </natGatewaySet></DescribeNatGatewaysResponse>",
        )
    })
    .await;
    let Reply::Ec2(ec2::Reply::NatGateways(page)) = reply else { panic!("{reply:?}") };
    let found: Vec<_> =
        page.items.iter().map(|nat| (nat.id.as_str(), nat.state, nat.failure.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("nat-1", NatGatewayState::Pending, None),
            ("nat-2", NatGatewayState::Failed, Some("Gateway.NotAttached: no gateway")),
            ("nat-4", NatGatewayState::Pending, None),
        ]
    );
    assert_eq!(page.items[0].allocation.as_ref().map(AsRef::as_ref), Some("eipalloc-1"));
}

#[tokio::test]
async fn routes_of_other_kinds_are_left_out() {
    let reply = reply(ec2::Operation::DescribeRouteTables { tags: Tags::new(), page: None }.into(), |_| {
        xml(
            200,
            "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId>\
             <vpcId>vpc-1</vpcId><routeSet>\
             <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>\
             <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId>\
             <state>blackhole</state></item>\
             <item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><gatewayId>igw-1</gatewayId></item>\
             <item><destinationCidrBlock>192.168.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId></item>\
             <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item>\
             </routeSet><associationSet>\
             <item><routeTableAssociationId>rtbassoc-0</routeTableAssociationId><main>true</main></item>\
             <item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><subnetId>subnet-1</subnetId>\
             <associationState><state>associated</state></associationState></item>\
             <item><routeTableAssociationId>rtbassoc-2</routeTableAssociationId><subnetId>subnet-2</subnetId>\
             <associationState><state>disassociating</state></associationState></item>\
             </associationSet></item></routeTableSet></DescribeRouteTablesResponse>",
        )
    })
    .await;
    let Reply::Ec2(ec2::Reply::RouteTables(page)) = reply else { panic!("{reply:?}") };
    let table = &page.items[0];
    assert_eq!(table.routes.len(), 1);
    assert_eq!((table.routes[0].gateway.as_str(), table.routes[0].blackhole), ("nat-1", true));
    let associations: Vec<_> =
        table.associations.iter().map(|a| (a.id.as_str(), a.subnet.as_str())).collect();
    assert_eq!(associations, [("rtbassoc-1", "subnet-1")]);
}

#[tokio::test]
async fn gateways_on_their_way_out_are_not_attached() {
    let attachments = "<item><vpcId>vpc-1</vpcId><state>detaching</state></item>";
    let answer = format!(
        "<DescribeVpnGatewaysResponse><vpnGatewaySet><item><vpnGatewayId>vgw-1</vpnGatewayId>\
         <state>deleting</state><attachments>{attachments}</attachments></item></vpnGatewaySet>\
         </DescribeVpnGatewaysResponse>"
    );
    let vpn =
        reply(ec2::Operation::DescribeVpnGateways { tags: Tags::new() }.into(), move |_| xml(200, &answer))
            .await;
    let Reply::Ec2(ec2::Reply::VpnGateways(gateways)) = vpn else { panic!("{vpn:?}") };
    assert_eq!((gateways[0].vpc.clone(), gateways[0].deleted), (None, true));

    let answer = "<DescribeInternetGatewaysResponse><internetGatewaySet><item>\
                  <internetGatewayId>igw-1</internetGatewayId><attachmentSet><item><vpcId>vpc-1</vpcId>\
                  <state>available</state></item></attachmentSet></item></internetGatewaySet>\
                  </DescribeInternetGatewaysResponse>";
    let operation =
        Operation::Ec2(ec2::Operation::DescribeInternetGateways { tags: Tags::new(), page: None });
    let internet = reply(operation, move |_| xml(200, answer)).await;
    let Reply::Ec2(ec2::Reply::InternetGateways(page)) = internet else { panic!("{internet:?}") };
    assert_eq!(page.items[0].vpc.as_ref().map(AsRef::as_ref), Some("vpc-1"));
}

#[tokio::test]
async fn flow_logs_of_subnets_are_left_out() {
    let reply = reply(ec2::Operation::DescribeFlowLogs { tags: Tags::new(), page: None }.into(), |_| {
        xml(
            200,
            "<DescribeFlowLogsResponse><flowLogSet>\
             <item><flowLogId>fl-1</flowLogId><resourceId>subnet-1</resourceId></item>\
             <item><flowLogId>fl-2</flowLogId><resourceId>vpc-1</resourceId><logGroupName>g</logGroupName></item>\
             </flowLogSet></DescribeFlowLogsResponse>",
        )
    })
    .await;
    let Reply::Ec2(ec2::Reply::FlowLogs(page)) = reply else { panic!("{reply:?}") };
    assert_eq!(page.items.iter().map(|log| log.id.as_str()).collect::<Vec<_>>(), ["fl-2"]);
}

#[tokio::test]
async fn endpoints_of_other_kinds_are_left_out() {
    let reply = reply(ec2::Operation::DescribeVpcEndpoints { tags: Tags::new(), page: None }.into(), |_| {
        let endpoint = |id: u8, kind: &str, state: &str| {
            format!(
                "<item><vpcEndpointId>vpce-{id}</vpcEndpointId><vpcEndpointType>{kind}</vpcEndpointType>\
                 <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.us-east-1.s3</serviceName><state>{state}</state>\
                 <routeTableIdSet><item>rtb-2</item><item>rtb-1</item></routeTableIdSet></item>"
            )
        };
        let endpoints = [
            endpoint(1, "Gateway", "available"),
            endpoint(2, "Interface", "available"),
            endpoint(3, "Gateway", "deleting"),
        ];
        let text = format!(
            "<DescribeVpcEndpointsResponse><vpcEndpointSet>{}</vpcEndpointSet><nextToken>more</nextToken>\
             </DescribeVpcEndpointsResponse>",
            endpoints.concat()
        );
        xml(200, &text)
    })
    .await;
    let Reply::Ec2(ec2::Reply::VpcEndpoints(page)) = reply else { panic!("{reply:?}") };
    let found: Vec<_> = page.items.iter().map(|row| (row.id.as_str(), row.deleted)).collect();
    assert_eq!(found, [("vpce-1", false), ("vpce-3", true)]);
    let tables: Vec<_> = page.items[0].route_tables.iter().map(AsRef::as_ref).collect();
    assert_eq!((tables, page.next.as_deref()), (vec!["rtb-1", "rtb-2"], Some("more")));
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_deleted_is_an_error() {
    let fake = Fake::start(|request| {
        assert!(request.contains("VpcEndpointId.1=vpce-1"), "{request}");
        xml(
            200,
            "<DeleteVpcEndpointsResponse><unsuccessful><item><error><code>InvalidVpcEndpointId.NotFound</code>\
             <message>it does not exist</message></error><resourceId>vpce-1</resourceId></item></unsuccessful>\
             </DeleteVpcEndpointsResponse>",
        )
    });
    let operation =
        Operation::Ec2(ec2::Operation::DeleteVpcEndpoints { endpoint: "vpce-1".parse().unwrap() });
    let refused = fake.cloud().await.call(Call { target: Target::Management, operation }).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.kind, refused.delivery),
        ("InvalidVpcEndpointId.NotFound", ErrorKind::NotFound, Delivery::Rejected)
    );
}

#[tokio::test]
async fn an_endpoint_is_asked_for_with_its_type_and_a_token_of_ours() {
    let reply = reply(
        ec2::Operation::CreateVpcEndpoint {
            vpc: "vpc-1".parse().unwrap(),
            service: "com.amazonaws.us-east-1.s3".to_owned(),
            route_tables: vec!["rtb-1".parse().unwrap(), "rtb-2".parse().unwrap()],
            client_token: "ours".to_owned(),
            tags: Tags::from_iter([("securebase:zone".to_owned(), "z".to_owned())]),
        }
        .into(),
        |request| {
            for part in [
                "VpcEndpointType=Gateway",
                "VpcId=vpc-1",
                "ServiceName=com.amazonaws.us-east-1.s3",
                "RouteTableId.1=rtb-1",
                "RouteTableId.2=rtb-2",
                "ClientToken=ours",
                "TagSpecification.1.ResourceType=vpc-endpoint",
            ] {
                assert!(request.contains(part), "{part} is not in {request}");
            }
            assert!(!request.contains("PolicyDocument"), "{request}");
            xml(
                200,
                "<CreateVpcEndpointResponse><vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId></vpcEndpoint>\
                 </CreateVpcEndpointResponse>",
            )
        },
    )
    .await;
    let Reply::Created(id) = reply else { panic!("{reply:?}") };
    assert_eq!(id.as_str(), "vpce-1");
}

#[tokio::test]
async fn states_of_a_key_known_and_unheard_of() {
    for (word, state) in [
        ("Enabled", KeyState::Enabled),
        ("Disabled", KeyState::Disabled),
        ("PendingDeletion", KeyState::PendingDeletion),
        ("PendingReplicaDeletion", KeyState::PendingDeletion),
        ("PendingImport", KeyState::Unavailable),
        ("INVENTED_TOMORROW", KeyState::Unavailable),
    ] {
        let arn = "arn:aws:kms:us-east-1:111122223333:key/k";
        let operation = kms::Operation::DescribeKey { key: arn.parse().unwrap() }.into();
        let reply = reply(operation, move |_| {
            json(200, &format!(r#"{{"KeyMetadata":{{"KeyId":"k","Arn":"{arn}","KeyState":"{word}"}}}}"#))
        })
        .await;
        let Reply::Kms(kms::Reply::Key(found)) = reply else { panic!("{reply:?}") };
        assert_eq!((found.arn.as_str(), found.state), (arn, state), "{word}");
    }
}

#[tokio::test]
async fn a_rotation_with_a_period_without_one_and_none_at_all() {
    for (text, days) in [
        (r#"{"KeyRotationEnabled":true,"RotationPeriodInDays":90}"#, Some(90)),
        (r#"{"KeyRotationEnabled":true}"#, Some(365)),
        (r#"{"KeyRotationEnabled":false,"RotationPeriodInDays":90}"#, None),
    ] {
        let operation = kms::Operation::GetKeyRotationStatus { key: "k".parse().unwrap() }.into();
        let reply = reply(operation, move |_| json(200, text)).await;
        let Reply::Kms(kms::Reply::KeyRotation(found)) = reply else { panic!("{reply:?}") };
        assert_eq!(found, days, "{text}");
    }
}

#[tokio::test]
async fn keys_and_their_tags_come_in_pages() {
    let list = kms::Operation::ListKeys { page: Some("there".to_owned()) }.into();
    let reply_to_list = reply(list, |request| {
        assert!(request.contains(r#""Marker":"there""#), "{request}");
        json(200, r#"{"Keys":[{"KeyId":"k","KeyArn":"arn:k"}],"NextMarker":"more","Truncated":true}"#)
    })
    .await;
    let Reply::Kms(kms::Reply::Keys(page)) = reply_to_list else { panic!("{reply_to_list:?}") };
    assert_eq!((page.items[0].as_str(), page.next.as_deref()), ("arn:k", Some("more")));
    let tags = kms::Operation::ListResourceTags { key: "k".parse().unwrap(), page: None }.into();
    let reply_to_tags =
        reply(tags, |_| json(200, r#"{"Tags":[{"TagKey":"a","TagValue":"b"}],"NextMarker":"more"}"#)).await;
    let Reply::Tags(found, next) = reply_to_tags else { panic!("{reply_to_tags:?}") };
    assert_eq!((found.get("a").map(String::as_str), next.as_deref()), (Some("b"), Some("more")));
}

#[tokio::test]
async fn a_key_that_logs_have_not_heard_of_is_waited_for() {
    for (message, kind) in [
        ("The specified KMS key does not exist or is not allowed to be used", ErrorKind::Busy),
        ("1 validation error detected", ErrorKind::Permanent),
    ] {
        let fake = Fake::start(move |_| {
            json(400, &format!(r#"{{"__type":"InvalidParameterException","message":"{message}"}}"#))
        });
        let operation =
            logs::Operation::AssociateKmsKey { group: "g".to_owned(), key: "k".parse().unwrap() }.into();
        let call = Call { target: Target::Management, operation };
        let refused = fake.cloud().await.call(call).await.unwrap_err();
        assert_eq!((refused.kind, refused.delivery), (kind, Delivery::Rejected), "{message}");
    }
}
