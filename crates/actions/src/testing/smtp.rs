//! A mail server: STARTTLS, AUTH PLAIN and LOGIN, and a mailbox that counts messages by their `Message-ID`.

use super::authority;
use base64::Engine as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) encrypted: bool,
    pub(crate) account: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

impl Mail {
    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }
}

/// What the server does.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    starttls: bool,
    /// Takes this many messages without saying so: the connection ends before the answer.
    lost_answers: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Sink {
    address: SocketAddr,
    /// The certificate of its authority, as PEM.
    pub(crate) authority: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Sink {
    /// With STARTTLS, or without encryption.
    pub(crate) async fn start(starttls: bool) -> Sink {
        Sink::with(Manner { starttls, lost_answers: 0 }).await
    }

    /// Takes the first message and loses the answer.
    pub(crate) async fn losing_an_answer() -> Sink {
        Sink::with(Manner { starttls: true, lost_answers: 1 }).await
    }

    async fn with(manner: Manner) -> Sink {
        let (authority, config) = authority();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Sink { address: listener.local_addr().unwrap(), authority, mails: Arc::default() };
        let (mails, tls) = (sink.mails.clone(), tokio_rustls::TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mails, tls) = (mails.clone(), tls.clone());
                tokio::spawn(async move { connection(stream, manner, tls, mails).await });
            }
        });
        sink
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

async fn connection(
    mut stream: TcpStream,
    manner: Manner,
    tls: tokio_rustls::TlsAcceptor,
    mails: Arc<Mutex<Vec<Mail>>>,
) -> std::io::Result<()> {
    stream.write_all(b"220 sink\r\n").await?;
    let wants_tls = session(&mut stream, manner, false, &mails).await?;
    if wants_tls {
        let mut stream = tls.accept(stream).await?;
        session(&mut stream, manner, true, &mails).await?;
    }
    Ok(())
}

/// Speaks until the client leaves; `true` when it asks for encryption.
async fn session<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    manner: Manner,
    encrypted: bool,
    mails: &Mutex<Vec<Mail>>,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    let new = || Mail { encrypted, account: String::new(), from: String::new(), to: Vec::new(), text: String::new() };
    let mut mail = new();
    let mut account = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let word = line.trim_end();
        let upper = word.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            match (encrypted, manner.starttls) {
                (false, true) => "250-sink\r\n250 STARTTLS",
                (true, _) => "250-sink\r\n250 AUTH PLAIN LOGIN",
                (false, false) => "250 sink",
            }
            .to_owned()
        } else if upper == "STARTTLS" {
            stream.get_mut().write_all(b"220 go ahead\r\n").await?;
            return Ok(true);
        } else if let Some(secret) = word.strip_prefix("AUTH PLAIN ") {
            let plain = base64::engine::general_purpose::STANDARD.decode(secret).unwrap();
            account = String::from_utf8(plain).unwrap().replace('\0', "|");
            match account.ends_with("|pass") {
                true => "235 welcome".to_owned(),
                false => "535 wrong password".to_owned(),
            }
        } else if let Some(address) = word.strip_prefix("MAIL FROM:") {
            mail = Mail { account: account.clone(), from: address.to_owned(), ..new() };
            "250 ok".to_owned()
        } else if let Some(address) = word.strip_prefix("RCPT TO:") {
            mail.to.push(address.to_owned());
            if address.contains("nobody") { "550 no such mailbox".to_owned() } else { "250 ok".to_owned() }
        } else if upper == "DATA" {
            stream.get_mut().write_all(b"354 go on\r\n").await?;
            loop {
                line.clear();
                stream.read_line(&mut line).await?;
                if line == ".\r\n" {
                    break;
                }
                mail.text.push_str(&line.replace("\r\n", "\n"));
            }
            let count = {
                let mut mails = mails.lock().unwrap();
                mails.push(mail.clone());
                mails.len()
            };
            if count <= manner.lost_answers {
                return Ok(false);
            }
            "250 taken".to_owned()
        } else if upper == "QUIT" {
            "221 bye".to_owned()
        } else {
            "250 ok".to_owned()
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
