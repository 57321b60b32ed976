//! A proxy between a client and a server: it adds a delay, loses and refuses requests, and can hold a client still.
//!
//! What becomes of a request depends on its number alone, so that a seed gives the same faults again.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, and so does its reply.
    Pass,
    /// It never arrives, and the connection breaks.
    LoseRequest,
    /// It arrives, and the connection breaks before its reply.
    LoseReply,
    /// It never arrives: a page says that nobody is there.
    Unavailable,
    /// It never arrives: the service says that there are too many.
    Throttle,
}

/// When a client is held still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// Before a request has arrived.
    BeforeItArrives,
    /// After it has had its effect, before its reply.
    AfterItsEffect,
    /// After its reply.
    AfterItsReply,
}

struct Trap {
    at: u64,
    moment: Moment,
    sprung: bool,
}

#[derive(Default)]
struct Traffic {
    requests: u64,
    connections: usize,
    trap: Option<Trap>,
}

struct Shared {
    upstream: String,
    delay: Duration,
    fate: Box<dyn Fn(u64) -> Fate + Send + Sync>,
    traffic: Mutex<Traffic>,
    changed: Condvar,
}

/// A running proxy.
pub(crate) struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts one before the server at `upstream` (`http://host:port`): every request takes `delay` longer, and the request
    /// of number `n`, from 1, meets `fate(n)`.
    pub(crate) fn start(
        upstream: &str,
        delay: Duration,
        fate: impl Fn(u64) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (traffic, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { upstream, delay, fate: Box::new(fate), traffic, changed });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serving.change(|traffic| traffic.connections += 1);
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || {
                    // A connection that breaks is the client's business.
                    drop(serve(stream, &serving));
                    serving.change(|traffic| traffic.connections -= 1);
                });
            }
        });
        Self { url, shared }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many requests it has got so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.traffic().requests
    }

    /// Holds the client still at that moment of the request that comes `after` as many others: it gets no reply from then on,
    /// and none of its requests arrives.
    pub(crate) fn set_trap(&self, after: u64, moment: Moment) {
        self.shared.change(|traffic| {
            let at = traffic.requests + 1 + after;
            traffic.trap = Some(Trap { at, moment, sprung: false });
        });
    }

    /// Waits until the client is held still, or until `ended` says that there is nothing to wait for; whether it is held.
    pub(crate) fn wait_for_trap(&self, mut ended: impl FnMut() -> bool) -> bool {
        let mut traffic = self.shared.traffic();
        loop {
            if traffic.trap.as_ref().is_some_and(|trap| trap.sprung) {
                return true;
            }
            if ended() {
                return false;
            }
            // Woken now and then, because nobody tells of a client that ends.
            let woken = self.shared.changed.wait_timeout(traffic, Duration::from_millis(20));
            traffic = woken.unwrap().0;
        }
    }

    /// Takes the trap away once the client is dead, and waits until nothing that it has sent is under way any more.
    pub(crate) fn bury_client(&self) {
        self.shared.change(|traffic| traffic.trap = None);
        let traffic = self.shared.traffic();
        drop(self.shared.changed.wait_while(traffic, |traffic| traffic.connections > 0).unwrap());
    }
}

impl Shared {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap()
    }

    fn change<R>(&self, change: impl FnOnce(&mut Traffic) -> R) -> R {
        let result = change(&mut self.traffic());
        self.changed.notify_all();
        result
    }

    /// Counts a request. `Err` where the client is held still; else its number, and whether it springs the trap.
    fn count(&self) -> Result<(u64, Option<Moment>), ()> {
        let mut traffic = self.traffic();
        traffic.requests += 1;
        let number = traffic.requests;
        match &traffic.trap {
            Some(trap) if number > trap.at => Err(()),
            Some(trap) if number == trap.at => Ok((number, Some(trap.moment))),
            _ => Ok((number, None)),
        }
    }

    fn spring(&self) {
        self.change(|traffic| traffic.trap.iter_mut().for_each(|trap| trap.sprung = true));
    }

    fn wait_until_buried(&self) {
        drop(self.changed.wait_while(self.traffic(), |traffic| traffic.trap.is_some()).unwrap());
    }

    fn forward(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream)?;
        server.set_nodelay(true)?;
        server.write_all(request)?;
        read_message(&mut server)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Serves one connection to its end.
fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    while let Some(request) = read_message(&mut client)? {
        let Ok((number, trap)) = shared.count() else {
            shared.wait_until_buried();
            return Ok(());
        };
        delay(shared.delay);
        if let Some(moment) = trap {
            if moment != Moment::BeforeItArrives {
                let reply = shared.forward(&request)?;
                if moment == Moment::AfterItsReply {
                    client.write_all(&reply)?;
                }
            }
            shared.spring();
            shared.wait_until_buried();
            return Ok(());
        }
        match (shared.fate)(number) {
            Fate::Pass => client.write_all(&shared.forward(&request)?)?,
            Fate::LoseRequest => return Ok(()),
            Fate::LoseReply => {
                shared.forward(&request)?;
                return Ok(());
            }
            Fate::Unavailable => {
                client.write_all(&reply(503, "text/html", "<h1>Service Unavailable</h1>"))?;
            }
            Fate::Throttle => client.write_all(&throttled(&String::from_utf8_lossy(&request)))?,
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "to be slow is what it is for")]
fn delay(delay: Duration) {
    if !delay.is_zero() {
        std::thread::sleep(delay);
    }
}

/// What the service that the request is for says to too many.
fn throttled(request: &str) -> Vec<u8> {
    let json = |code| format!("{{\"__type\":\"{code}\",\"Message\":\"Rate exceeded\"}}");
    let lower = request.to_ascii_lowercase();
    if lower.contains("x-amz-target: awsorganizations") {
        reply(400, "application/x-amz-json-1.1", &json("TooManyRequestsException"))
    } else if lower.contains("x-amz-target: ") {
        reply(400, "application/x-amz-json-1.1", &json("ThrottlingException"))
    } else if request.contains("Version=2016-11-15") {
        let error =
            "<Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error>";
        reply(
            503,
            "text/xml",
            &format!("<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"),
        )
    } else {
        let error =
            "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>";
        reply(400, "text/xml", &format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"))
    }
}

fn reply(status: u16, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Reads a request or a reply, head and body; `None` where there is none any more.
pub(crate) fn read_message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16384];
    let mut whole = None;
    loop {
        if whole.is_none()
            && let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
        {
            whole = Some(head + 4 + content_length(&String::from_utf8_lossy(&bytes[..head])));
        }
        if whole.is_some_and(|whole| bytes.len() >= whole) {
            return Ok(Some(bytes));
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        })
        .unwrap_or(0)
}
