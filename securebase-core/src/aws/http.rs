//! The HTTP client all services share.

use std::sync::{Mutex, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::cloud::CloudError;
use crate::model::printable;

/// The largest reply that is read: a hundred times what the longest page of a list takes.
const REPLY_MAX: usize = 64 << 20;

/// A reply is longer than any that AWS gives.
#[derive(Debug, thiserror::Error)]
#[error("the reply is longer than {} MiB", REPLY_MAX >> 20)]
pub(super) struct TooLarge;

/// Reads every reply to its end, and no reply without end.
#[derive(Debug)]
struct Bounded(SharedHttpConnector);

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reply = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut reply = reply.await?;
            let body = read(reply.take_body()).await?;
            *reply.body_mut() = body;
            Ok::<HttpResponse, _>(reply)
        })
    }
}

async fn read(body: SdkBody) -> Result<SdkBody, ConnectorError> {
    let mut bytes = Vec::new();
    let mut stream = ByteStream::new(body);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
        if bytes.len() + chunk.len() > REPLY_MAX {
            return Err(ConnectorError::other(TooLarge.into(), None));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(SdkBody::from(bytes))
}

/// A client with one pool of connections per set of timeouts, through the proxy the environment names, if any.
///
/// A server on this machine is reached directly: no proxy can reach it.
pub(super) fn client(local: bool) -> SharedHttpClient {
    let pools: Mutex<Vec<(HttpConnectorSettings, SharedHttpConnector)>> = Mutex::default();
    http_client_fn(move |settings, components| {
        let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pools.iter().find(|(known, _)| {
            known.connect_timeout() == settings.connect_timeout()
                && known.read_timeout() == settings.read_timeout()
        });
        if let Some((_, connector)) = known {
            return connector.clone();
        }
        let proxy = if local { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
        let mut builder: ConnectorBuilder<_> = Connector::builder()
            .connector_settings(settings.clone())
            .proxy_config(proxy)
            .tls_provider(Provider::Rustls(CryptoMode::Ring));
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(Bounded(SharedHttpConnector::new(builder.build())));
        pools.push((settings.clone(), connector.clone()));
        connector
    })
}

/// Whether the endpoint is on the loopback interface.
///
/// # Errors
/// [`CloudError`] `InvalidEndpoint` where it is not the URL of a server.
pub(super) fn is_on_this_machine(url: &str) -> Result<bool, CloudError> {
    let host = url
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https"].contains(scheme))
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default())
        .filter(|authority| !authority.is_empty() && !authority.contains(char::is_whitespace))
        .ok_or_else(|| {
            CloudError::not_sent(
                "InvalidEndpoint",
                format!(
                    "`{}` is not an endpoint: use a URL such as `http://127.0.0.1:5000`",
                    shown_endpoint(url)
                ),
            )
        })?;
    // The host follows a user and a password: `http://127.0.0.1:80@elsewhere.example` is not on this machine.
    let host = host.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    Ok(loopback || name == "localhost")
}

/// The endpoint as a person reads it, without what stands before the host and after the path: either can hold a password.
pub fn shown_endpoint(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return printable(url.rsplit('@').next().unwrap_or_default(), ENDPOINT_SHOWN);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    printable(&format!("{scheme}://{host}{path}"), ENDPOINT_SHOWN)
}

/// The longest endpoint that is shown in full.
const ENDPOINT_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_shown_without_user_and_query() {
        for (url, shown) in [
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("http://user:word@127.0.0.1:5000/x?key=1#y", "http://127.0.0.1:5000/x"),
            ("https://host?user=a@b", "https://host"),
            ("user:word@host", "host"),
        ] {
            assert_eq!(shown_endpoint(url), shown);
        }
        assert!(shown_endpoint(&"x".repeat(1_000_000)).len() < 300);
    }

    #[test]
    fn tells_this_machine_from_others() {
        for local in [
            "http://127.0.0.1:5000",
            "http://localhost",
            "https://[::1]:443/x",
            "http://127.8.8.8/",
            "http://user:word@127.0.0.1:5000",
        ] {
            assert_eq!(is_on_this_machine(local), Ok(true), "{local}");
        }
        for remote in [
            "https://proxy.example.com",
            "http://localhost.example.com:5000",
            "http://10.0.0.1",
            "http://127.0.0.1:80@elsewhere.example",
        ] {
            assert_eq!(is_on_this_machine(remote), Ok(false), "{remote}");
        }
        for bad in ["", "127.0.0.1:5000", "ftp://host", "http://", "http://a b"] {
            assert_eq!(is_on_this_machine(bad).unwrap_err().code, "InvalidEndpoint", "{bad}");
        }
    }
}
