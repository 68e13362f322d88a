//! `portforward`: every port of a running simulated pod serves its [`Page`].

use super::{
    Page, channel, must_run, spdy,
    upgrade::{self, Wanted},
};
use crate::{ApiError, Body, PodRequest};
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf};

const CHANNELS: &str = "v4.channel.k8s.io";
const STREAMS: &str = "portforward.k8s.io";
/// SPDY carried by WebSocket messages, as kubectl speaks it since 1.31.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// Bytes in flight in each direction of a forwarded connection.
const PIPE: usize = 64 * 1024;
/// Ports of one request.
const MOST_PORTS: usize = 64;

/// Answers a `portforward`.
pub(super) fn answer(request: PodRequest) -> Result<Response<Body>, ApiError> {
    must_run(&request.pod)?;
    let page = Page::of(&request.pod);
    match upgrade::wanted(&request.request)? {
        Wanted::Spdy => Ok(upgrade::spdy(request, STREAMS, move |stream| spdy::serve(stream, page))),
        Wanted::WebSocket(offers) => {
            let offered = |known: &str| offers.iter().any(|offer| offer == known);
            if offered(TUNNEL) {
                return upgrade::websocket(request, TUNNEL, move |socket| async move {
                    spdy::serve(spdy::tunnel(socket), page).await;
                });
            }
            if !offered(CHANNELS) {
                return Err(ApiError::bad_request(format!(
                    "unable to negotiate a subprotocol: simulated pods know {TUNNEL}, {CHANNELS}"
                )));
            }
            let ports = ports(&request.query)?;
            upgrade::websocket(request, CHANNELS, move |socket| channels(socket, ports, page))
        }
    }
}

fn ports(query: &[(String, String)]) -> Result<Vec<u16>, ApiError> {
    let texts = query.iter().filter(|(key, _)| key == "ports").flat_map(|(_, value)| value.split(','));
    let ports: Vec<u16> = texts
        .map(|text| {
            text.trim()
                .parse::<u16>()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| ApiError::bad_request(format!("\"{text}\" is not a port")))
        })
        .collect::<Result<_, _>>()?;
    if ports.is_empty() || ports.len() > MOST_PORTS {
        return Err(ApiError::bad_request(format!("the query parameter \"ports\" names 1 to {MOST_PORTS} ports")));
    }
    Ok(ports)
}

/// A connection to a simulated pod: what is written to it, an HTTP server reads.
pub(super) fn connect(page: Page) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    tokio::spawn(async move {
        let service = service_fn(move |request: Request<Incoming>| {
            let response = page.answer(&request);
            async move { Ok::<_, Infallible>(response) }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        if let Err(error) = server.half_close(true).serve_connection(TokioIo::new(theirs), service).await {
            tracing::debug!("a connection to a simulated pod ended: {error}");
        }
    });
    ours
}

/// Serves the channels: of the n-th port 2n carries data and 2n+1 errors, each opened by a message with the port's number.
async fn channels(socket: upgrade::WebSocket, ports: Vec<u16>, page: Page) {
    let (sender, mut receiver) = channel::split(socket);
    let mut writers = Vec::new();
    let mut pumps = tokio::task::JoinSet::new();
    for (port, number) in ports.iter().zip(0_u8..) {
        for channel in [2 * number, 2 * number + 1] {
            if !sender.send(channel, &port.to_le_bytes()).await {
                return;
            }
        }
        let (read, write) = tokio::io::split(connect(page.clone()));
        writers.push(write);
        pumps.spawn(pump(read, sender.clone(), 2 * number));
    }
    loop {
        tokio::select! {
            message = receiver.next() => match message {
                Some((channel, bytes)) if channel % 2 == 0 => {
                    if let Some(writer) = writers.get_mut(usize::from(channel / 2))
                        && writer.write_all(&bytes).await.is_err()
                    {
                        break;
                    }
                }
                Some(_) => {}
                None => break,
            },
            ended = pumps.join_next() => {
                if ended.is_none() || pumps.is_empty() {
                    break;
                }
            }
        }
    }
    sender.close().await;
    while receiver.next().await.is_some() {}
}

async fn pump(mut read: ReadHalf<DuplexStream>, sender: channel::Sender, channel: u8) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(size @ 1..) = read.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..size) else { return };
        if !sender.send(channel, bytes).await {
            return;
        }
    }
}
