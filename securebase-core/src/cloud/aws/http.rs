//! The HTTP client all services share.

use std::sync::{Mutex, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

use crate::cloud::CloudError;

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
        let connector = SharedHttpConnector::new(builder.build());
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
                format!("`{url}` is not an endpoint: use a URL such as `http://127.0.0.1:5000`"),
            )
        })?;
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    Ok(loopback || name == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_this_machine_from_others() {
        for local in ["http://127.0.0.1:5000", "http://localhost", "https://[::1]:443/x", "http://127.8.8.8/"]
        {
            assert_eq!(is_on_this_machine(local), Ok(true), "{local}");
        }
        for remote in ["https://proxy.example.com", "http://localhost.example.com:5000", "http://10.0.0.1"] {
            assert_eq!(is_on_this_machine(remote), Ok(false), "{remote}");
        }
        for bad in ["", "127.0.0.1:5000", "ftp://host", "http://", "http://a b"] {
            assert_eq!(is_on_this_machine(bad).unwrap_err().code, "InvalidEndpoint", "{bad}");
        }
    }
}
