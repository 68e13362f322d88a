//! Messages on standard input and output. What is no message is told and passed over: a slip of an editor does not end the
//! server.

use lsp_server::{Connection, Message, Notification};
use serde_json::json;
use std::io::{self, BufRead, Read, Write};
use std::thread::JoinHandle;

/// A longer message is passed over.
const LONGEST: u64 = 256 << 20;
/// A longer line is no header.
const HEADER: u64 = 4_096;

/// What came.
enum Heard {
    Message(Message),
    /// No message, and why.
    Broken(String),
    End,
}

/// Who reads and who writes.
pub(super) struct Threads {
    reader: JoinHandle<io::Result<()>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Threads {
    /// Waits until both have ended: the connection has to be closed before.
    pub(super) fn join(self) -> io::Result<()> {
        let gone = |_| Err(io::Error::other("a thread has ended"));
        self.reader.join().unwrap_or_else(gone)?;
        self.writer.join().unwrap_or_else(gone)
    }
}

/// A connection on standard input and output.
pub(super) fn open() -> (Connection, Threads) {
    let (ours, theirs) = Connection::memory();
    let Connection { sender: heard, receiver: said } = theirs;
    let tell = ours.sender.clone();
    let reader = std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let message = match read(&mut input)? {
                Heard::End => return Ok(()),
                Heard::Broken(why) => {
                    let params = json!({"type": 1, "message": format!("lateen: what came is no message: {why}")});
                    let _ = tell.send(Notification::new("window/logMessage".to_owned(), params).into());
                    continue;
                }
                Heard::Message(message) => message,
            };
            let exit = matches!(&message, Message::Notification(n) if n.method == "exit");
            if heard.send(message).is_err() || exit {
                return Ok(());
            }
        }
    });
    let writer = std::thread::spawn(move || {
        let mut output = io::stdout().lock();
        said.into_iter().try_for_each(|message| message.write(&mut output).and_then(|()| output.flush()))
    });
    (ours, Threads { reader, writer })
}

fn read(input: &mut impl BufRead) -> io::Result<Heard> {
    let mut length: Option<u64> = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(Heard::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            match length {
                Some(_) => break,
                None => continue,
            }
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
            if length.is_none() {
                return Ok(Heard::Broken(format!("{:?} is no length", value.trim())));
            }
        }
    }
    let length = length.unwrap_or_default();
    if length > LONGEST {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(Heard::Broken(format!("it has {length} bytes")));
    }
    let mut body = Vec::new();
    if (input.by_ref().take(length).read_to_end(&mut body)? as u64) < length {
        return Ok(Heard::End);
    }
    Ok(serde_json::from_slice(&body).map_or_else(|e| Heard::Broken(e.to_string()), Heard::Message))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test reports by panicking")]
    use super::*;

    #[test]
    fn what_is_no_message_is_passed_over() {
        let message = r#"{"jsonrpc":"2.0","method":"exit"}"#;
        let whole = format!("Content-Length: {}\r\n\r\n{message}", message.len());
        let text = format!(
            "noise\r\nContent-Length: x\r\n\r\n{whole}content-length:4\r\nContent-Type: a\r\n\r\n{{\"a:{whole}Content-Length: 9\r\n\r\n{{}}"
        );
        let mut input = text.as_bytes();
        let mut all = Vec::new();
        loop {
            match read(&mut input).unwrap() {
                Heard::End => break,
                Heard::Broken(_) => all.push("broken"),
                Heard::Message(_) => all.push("message"),
            }
        }
        assert_eq!(all, ["broken", "message", "broken", "message"]);
    }
}
