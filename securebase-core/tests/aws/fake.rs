//! A server that answers what a test tells it to, well or badly.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use securebase_core::aws::{AwsCloud, AwsCloudBuilder};

use super::proxy::read_message;

/// How to answer a request.
pub(crate) enum Answer {
    /// With a whole reply.
    Reply(u16, &'static str, String),
    /// With a reply that breaks off in the middle.
    Half(u16, &'static str, String),
    /// By closing the connection.
    HangUp,
    /// Not at all.
    Silence,
    /// With a body that never ends.
    Endless,
}

/// What the query protocol of EC2, IAM and STS answers.
pub(crate) fn xml(status: u16, body: &str) -> Answer {
    Answer::Reply(status, "text/xml", body.to_owned())
}

/// What Organizations and CloudWatch Logs answer.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    Answer::Reply(status, "application/x-amz-json-1.1", body.to_owned())
}

/// A running server. Its requests are kept as text, head and body.
pub(crate) struct Fake {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts a server that answers each request as `answer` says.
    pub(crate) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &kept, &*answer));
            }
        });
        Self { url, requests }
    }

    /// It as a cloud, still to be built.
    pub(crate) fn builder(&self) -> AwsCloudBuilder {
        AwsCloud::builder().endpoint_url(&self.url)
    }

    /// It as a cloud.
    pub(crate) async fn cloud(&self) -> AwsCloud {
        self.builder().build().await.unwrap()
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The requests it has got so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How many of its requests contain the text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.requests().iter().filter(|request| request.contains(text)).count()
    }
}

/// Serves one connection to its end. A client that goes away ends it too.
fn serve(mut stream: TcpStream, requests: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Answer) {
    while let Some(request) = read_request(&mut stream) {
        requests.lock().unwrap().push(request.clone());
        let (status, kind, body, length) = match answer(&request) {
            Answer::Reply(status, kind, body) => (status, kind, body.clone(), body.len()),
            Answer::Half(status, kind, body) => (status, kind, body.clone(), body.len() * 2),
            Answer::HangUp => return,
            Answer::Endless => {
                let head = b"HTTP/1.1 200 -\r\ncontent-type: text/xml\r\n\r\n";
                let chunk = [b'x'; 1 << 16];
                // Until the client hangs up.
                let mut written = stream.write_all(head);
                while written.is_ok() {
                    written = stream.write_all(&chunk);
                }
                return;
            }
            Answer::Silence => {
                // Until the client hangs up.
                drop(stream.read(&mut [0]));
                return;
            }
        };
        let head = format!("HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
        if stream.write_all((head + &body).as_bytes()).is_err() || length > body.len() {
            return;
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<String> {
    let bytes = read_message(stream).ok()??;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
