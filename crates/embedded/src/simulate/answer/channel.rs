//! Kubernetes' channels over WebSocket (`v4.channel.k8s.io`, `v5.channel.k8s.io`): each binary message starts with the
//! number of its channel.

use super::upgrade::WebSocket;
use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream::SplitSink};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// The sending half, shared by the channels.
#[derive(Clone)]
pub(super) struct Sender(Arc<Mutex<SplitSink<WebSocket, Message>>>);

impl Sender {
    /// Sends bytes on a channel. `false` when the peer is gone.
    pub(super) async fn send(&self, channel: u8, bytes: &[u8]) -> bool {
        let mut message = Vec::with_capacity(bytes.len() + 1);
        message.push(channel);
        message.extend_from_slice(bytes);
        self.0.lock().await.send(Message::binary(message)).await.is_ok()
    }

    /// Says goodbye.
    pub(super) async fn close(&self) {
        // The peer may be gone already.
        drop(self.0.lock().await.send(Message::Close(Some(goodbye()))).await);
    }
}

/// The end of a connection that went as it should.
pub(super) fn goodbye() -> CloseFrame {
    CloseFrame { code: CloseCode::Normal, reason: "".into() }
}

/// The receiving half.
pub(super) struct Receiver(futures::stream::SplitStream<WebSocket>);

impl Receiver {
    /// The next message and its channel; nothing when the peer is gone.
    pub(super) async fn next(&mut self) -> Option<(u8, Bytes)> {
        loop {
            // A goodbye is answered by reading on, until the connection ends.
            if let Message::Binary(bytes) = self.0.next().await?.ok()?
                && let Some((channel, _)) = bytes.split_first()
            {
                return Some((*channel, bytes.slice(1..)));
            }
        }
    }
}

/// Both halves of a connection.
pub(super) fn split(socket: WebSocket) -> (Sender, Receiver) {
    let (sink, stream) = socket.split();
    (Sender(Arc::new(Mutex::new(sink))), Receiver(stream))
}
