//! SPDY/3.1 as kubectl speaks it for port-forward: an error stream and a data stream for each connection. Flow control is
//! left out, as Kubernetes' own implementation leaves it out.

use super::{
    Page,
    portforward::connect,
    spdy_header::{self, Inflater},
    upgrade::WebSocket,
};
use bytes::{Bytes, BytesMut};
use futures::{SinkExt, StreamExt};
use rustc_hash::FxHashMap;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
};
use tokio_tungstenite::tungstenite::Message;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const FIN: u8 = 1;
/// The longest frame that is read; kubectl's are 32 KiB at most.
const LONGEST: usize = 1 << 20;
/// Streams that one connection may have open.
const MOST_STREAMS: usize = 1024;

type Frames = mpsc::Sender<Bytes>;

/// Serves a connection until its peer is gone.
pub(super) async fn serve<S>(stream: S, page: Page)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (frames, mut queue) = mpsc::channel::<Bytes>(64);
    let writer = tokio::spawn(async move {
        while let Some(frame) = queue.recv().await {
            if write.write_all(&frame).await.is_err() {
                return;
            }
        }
        drop(write.shutdown().await);
    });
    let mut session =
        Session { frames, page, inflater: Inflater::new(), deflated: false, streams: FxHashMap::default() };
    while let Some((head, body)) = read_frame(&mut read).await {
        if session.take(head, &body).await.is_none() {
            break;
        }
    }
    drop(session);
    drop(writer.await);
}

/// The eight bytes before a frame's content.
#[derive(Clone, Copy)]
struct Head {
    /// Type of a control frame; nothing for data.
    control: Option<u16>,
    /// The first four bytes without their first bit: of data the stream.
    word: u32,
    flags: u8,
}

async fn read_frame(read: &mut (impl AsyncRead + Unpin)) -> Option<(Head, Vec<u8>)> {
    let word = read.read_u32().await.ok()?;
    let size = read.read_u32().await.ok()?;
    let flags = u8::try_from(size >> 24).ok()?;
    let length = usize::try_from(size & 0x00ff_ffff).ok()?;
    if length > LONGEST {
        return None;
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    let control = (word & 0x8000_0000 != 0).then_some(u16::try_from(word & 0xffff).ok()?);
    Some((Head { control, word: word & 0x7fff_ffff, flags }, body))
}

struct Session {
    frames: Frames,
    page: Page,
    inflater: Inflater,
    /// Whether the compressed header stream was begun.
    deflated: bool,
    /// The writing ends of data streams.
    streams: FxHashMap<u32, WriteHalf<DuplexStream>>,
}

impl Session {
    /// Takes a frame. Nothing when the connection cannot go on.
    async fn take(&mut self, head: Head, body: &[u8]) -> Option<()> {
        match head.control {
            None => {
                if let Some(stream) = self.streams.get_mut(&head.word) {
                    let failed = stream.write_all(body).await.is_err();
                    if head.flags & FIN != 0 || failed {
                        drop(stream.shutdown().await);
                        self.streams.remove(&head.word);
                    }
                }
            }
            Some(SYN_STREAM) => self.open(body).await?,
            Some(RST_STREAM) => {
                self.streams.remove(&number(body, 0)?);
            }
            Some(PING) => self.frames.send(control(PING, body)).await.ok()?,
            Some(_) => {}
        }
        Some(())
    }

    async fn open(&mut self, body: &[u8]) -> Option<()> {
        let stream = number(body, 0)?;
        let headers = spdy_header::parse(&self.inflater.inflate(body.get(10..)?)?)?;
        let mut reply = stream.to_be_bytes().to_vec();
        // No headers: their number, in a stored block of the compressed stream.
        reply.extend(spdy_header::stored(&0_u32.to_be_bytes(), !self.deflated));
        self.deflated = true;
        self.frames.send(control(SYN_REPLY, &reply)).await.ok()?;
        let kind = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("streamtype"))
            .map_or("", |(_, value)| value.as_str());
        if kind != "data" || self.streams.len() >= MOST_STREAMS {
            // Nothing ever goes wrong here: the error stream ends empty.
            return self.frames.send(data(stream, FIN, &[])).await.ok();
        }
        let (read, write) = tokio::io::split(connect(self.page.clone()));
        self.streams.insert(stream, write);
        tokio::spawn(pump(read, self.frames.clone(), stream));
        Some(())
    }
}

async fn pump(mut read: ReadHalf<DuplexStream>, frames: Frames, stream: u32) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(size @ 1..) = read.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..size) else { return };
        if frames.send(data(stream, 0, bytes)).await.is_err() {
            return;
        }
    }
    drop(frames.send(data(stream, FIN, &[])).await);
}

fn number(body: &[u8], at: usize) -> Option<u32> {
    let bytes = body.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(bytes) & 0x7fff_ffff)
}

fn control(kind: u16, body: &[u8]) -> Bytes {
    frame(0x8003_0000 | u32::from(kind), 0, body)
}

fn data(stream: u32, flags: u8, body: &[u8]) -> Bytes {
    frame(stream, flags, body)
}

fn frame(word: u32, flags: u8, body: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(8 + body.len());
    frame.extend_from_slice(&word.to_be_bytes());
    let length = u32::try_from(body.len()).unwrap_or(0);
    frame.extend_from_slice(&((u32::from(flags) << 24) | length).to_be_bytes());
    frame.extend_from_slice(body);
    frame.freeze()
}

/// The bytes that WebSocket messages carry, as a stream.
pub(super) fn tunnel(socket: WebSocket) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (mut read, mut write) = tokio::io::split(theirs);
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            let written = match message {
                Message::Binary(bytes) => write.write_all(&bytes).await.is_ok(),
                // A goodbye is answered by reading on, until the connection ends.
                _ => true,
            };
            if !written {
                break;
            }
        }
        drop(write.shutdown().await);
    });
    tokio::spawn(async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(size @ 1..) = read.read(&mut buffer).await {
            let bytes = Bytes::copy_from_slice(buffer.get(..size).unwrap_or_default());
            if sink.send(Message::Binary(bytes)).await.is_err() {
                return;
            }
        }
        drop(sink.send(Message::Close(Some(super::channel::goodbye()))).await);
    });
    ours
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A SYN_STREAM frame as kubectl opens its streams.
    fn open(stream: u32, kind: &str, first: bool) -> Bytes {
        let mut headers = 1_u32.to_be_bytes().to_vec();
        for text in ["streamtype", kind] {
            headers.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            headers.extend(text.as_bytes());
        }
        let mut body = stream.to_be_bytes().to_vec();
        body.extend([0; 6]);
        body.extend(spdy_header::stored(&headers, first));
        control(SYN_STREAM, &body)
    }

    #[tokio::test]
    async fn a_data_stream_reaches_the_page() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": [{"name": "c", "image": "shop:1"}]}});
        let (mut ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(theirs, Page::of(&pod)));
        let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for frame in [
            open(1, "error", true),
            data(1, FIN, &[]),
            open(3, "data", false),
            control(PING, &[0, 0, 0, 1]),
            data(3, 0, request),
        ] {
            ours.write_all(&frame).await.unwrap();
        }
        let (mut answer, mut controls, mut finished) = (Vec::new(), Vec::new(), Vec::new());
        while !finished.contains(&3) {
            let (head, body) = read_frame(&mut ours).await.unwrap();
            match head.control {
                Some(kind) => controls.push(kind),
                None if head.flags & FIN != 0 => finished.push(head.word),
                None => answer.extend(body),
            }
        }
        assert_eq!(controls, [SYN_REPLY, SYN_REPLY, PING]);
        assert_eq!(finished, [1, 3]);
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("image      shop:1"), "{answer}");
    }

    #[tokio::test]
    async fn what_is_no_frame_ends_the_connection() {
        let pod = json!({});
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0x80, 3, 0, 1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 9],
            &[0xff; 64],
        ] {
            let (mut ours, theirs) = tokio::io::duplex(1024);
            let server = tokio::spawn(serve(theirs, Page::of(&pod)));
            ours.write_all(bytes).await.unwrap();
            ours.shutdown().await.unwrap();
            server.await.unwrap();
        }
    }
}
