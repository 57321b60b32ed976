//! A moto server: an emulation of AWS that other people wrote.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

#[cfg(feature = "aws")]
use securebase_core::aws::AwsCloud;

/// The server's program; `SECUREBASE_MOTO` names another.
fn program() -> PathBuf {
    let shipped = || concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/moto_server").into();
    std::env::var_os("SECUREBASE_MOTO").map_or_else(shipped, PathBuf::from)
}

/// The Python that the server runs under, which has boto3 too.
pub(crate) fn python() -> PathBuf {
    program().with_file_name("python")
}

/// A running server, stopped when dropped.
pub(crate) struct Moto {
    server: Child,
    url: String,
}

impl Moto {
    /// Starts a server with nothing in it on a free port, and waits until it listens.
    pub(crate) fn start() -> Self {
        let program = program();
        let mut server = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start `{}`: {error}; `make test` installs it", program.display())
            });
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let url = loop {
            match lines.next() {
                Some(Ok(line)) => match line.split_once("Running on ") {
                    Some((_, url)) => break url.trim().to_owned(),
                    None => said = format!("{said}\n{line}"),
                },
                _ => panic!("`{}` ended before it listened:{said}", program.display()),
            }
        };
        // It writes a line for every request: somebody has to read them.
        std::thread::spawn(move || lines.for_each(drop));
        Self { server, url }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a bucket.
    pub(crate) fn make_bucket(&self, name: &str) {
        let address = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).unwrap();
        let scope = "20260101/us-east-1/s3/aws4_request";
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders=host, Signature=0");
        let request = format!(
            "PUT /{name} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }

    /// It as a cloud.
    #[cfg(feature = "aws")]
    pub(crate) async fn cloud(&self) -> AwsCloud {
        AwsCloud::builder().endpoint_url(self.url()).build().await.unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
