//! Watch requests: changes as a stream of JSON lines.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::read::{check_field_selector, shown_bytes};
use super::respond::{self, Form};
use super::{Body, Call};
use crate::catalog::Served;
use crate::cluster::Server;
use crate::error::ApiError;
use crate::store::{ChangeKind, Selector, Stored, Watch};

/// How often a bookmark tells an idle watcher the current version.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lasts that does not say.
const LIFETIME: Duration = Duration::from_secs(45 * 60);
/// Bytes of events sent in one piece.
const PIECE: usize = 64 * 1024;

struct State {
    server: Server,
    served: Served,
    form: Form,
    watch: Watch,
    first: Option<BytesMut>,
    bookmarks: bool,
    next_bookmark: Instant,
    deadline: Instant,
    /// Whether the columns were sent: a table of a stream names them once.
    headed: bool,
    done: bool,
}

pub(super) fn start(
    call: &Call<'_>,
    served: &Served,
    namespace: Option<&str>,
    name: Option<&str>,
) -> Result<Response<Body>, ApiError> {
    let selector = match name {
        Some(name) => Selector::parse("", &format!("metadata.name={name}"))?,
        None => call.query.selector()?,
    };
    check_field_selector(served, selector.field_paths())?;
    let initial = call.query.flag("sendInitialEvents");
    let bookmarks = call.query.flag("allowWatchBookmarks");
    if call.query.text("sendInitialEvents").is_some() && call.query.text("resourceVersionMatch") != Some("NotOlderThan")
    {
        return Err(ApiError::new(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    let from = call.query.version()?.unwrap_or(0);
    let engine = call.store().engine();

    let (existing, cursor) =
        if from == 0 || initial { engine.list(&served.table, namespace, None) } else { (Vec::new(), from) };
    let watch = match Watch::new(engine, Some(&served.table), namespace, selector.clone(), cursor) {
        Ok(watch) => watch,
        // An expired start is told in the stream, as kube-apiserver does: status 200 and one ERROR event.
        Err(e) => {
            let mut line = BytesMut::new();
            put_line(&mut line, "ERROR", e.to_status().to_string().as_bytes());
            return Ok(respond::typed("application/json", line.freeze()));
        }
    };
    let timeout = call.query.number("timeoutSeconds").and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let now = Instant::now();
    let mut state = State {
        server: call.server.clone(),
        served: served.clone(),
        form: call.accept.form,
        watch,
        first: None,
        bookmarks,
        next_bookmark: now + BOOKMARKS,
        deadline: now + timeout.map_or(LIFETIME, Duration::from_secs),
        headed: false,
        done: false,
    };
    let mut first = BytesMut::new();
    for stored in existing.iter().filter(|s| selector.matches(s)) {
        state.put(call, &mut first, ChangeKind::Added, stored);
    }
    if initial {
        state.put_bookmark(&mut first, cursor, true);
    }
    state.first = (!first.is_empty()).then_some(first);

    let body = StreamBody::new(stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((Ok(Frame::data(piece)), state))
    }));
    let mut response = Response::new(body.boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-cache, private"));
    Ok(response)
}

fn put_line(out: &mut BytesMut, kind: &str, object: &[u8]) {
    out.put_slice(b"{\"type\":\"");
    out.put_slice(kind.as_bytes());
    out.put_slice(b"\",\"object\":");
    out.put_slice(object);
    out.put_slice(b"}\n");
}

impl State {
    /// The next piece of the stream; `None` ends it.
    async fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first.freeze());
        }
        let mut out = BytesMut::new();
        let wake = if self.bookmarks { self.next_bookmark.min(self.deadline) } else { self.deadline };
        tokio::select! {
            event = self.watch.next() => {
                let mut event = event;
                loop {
                    match event {
                        Ok(e) => self.put_event(&mut out, e.kind, &e.stored),
                        Err(e) => {
                            self.done = true;
                            if e.code == 410 {
                                put_line(&mut out, "ERROR", e.to_status().to_string().as_bytes());
                            }
                            break;
                        }
                    }
                    if out.len() > PIECE {
                        break;
                    }
                    event = match self.watch.try_next() {
                        Ok(Some(event)) => Ok(event),
                        Ok(None) => break,
                        Err(e) => Err(e),
                    };
                }
            }
            () = tokio::time::sleep_until(wake) => {
                self.done = Instant::now() >= self.deadline;
                if self.bookmarks {
                    let version = self.watch.version();
                    self.put_bookmark(&mut out, version, false);
                }
                self.next_bookmark = Instant::now() + BOOKMARKS;
            }
        }
        if out.is_empty() { None } else { Some(out.freeze()) }
    }

    fn put_event(&mut self, out: &mut BytesMut, kind: ChangeKind, stored: &Stored) {
        let server = self.server.clone();
        let call = Call {
            server: &server,
            query: super::Query::default(),
            accept: super::Accept { form: self.form, aggregated: false, text: String::new() },
            manager: String::new(),
        };
        self.put(&call, out, kind, stored);
    }

    fn put(&mut self, call: &Call<'_>, out: &mut BytesMut, kind: ChangeKind, stored: &Stored) {
        let kind = match kind {
            ChangeKind::Added => "ADDED",
            ChangeKind::Modified => "MODIFIED",
            ChangeKind::Deleted => "DELETED",
        };
        match self.form {
            Form::Plain => put_line(out, kind, &shown_bytes(call, &self.served, stored)),
            Form::Metadata => {
                put_line(out, kind, respond::metadata_only(&stored.value()).to_string().as_bytes());
            }
            Form::Table => {
                let object = call.store().shown(&self.served, stored);
                let meta = json!({ "resourceVersion": stored.version.to_string() });
                let mut table = crate::table::table(call.store(), &self.served, &[object], &meta, &call.query);
                if self.headed
                    && let Some(map) = table.as_object_mut()
                {
                    map.insert("columnDefinitions".into(), Value::Null);
                }
                self.headed = true;
                put_line(out, kind, table.to_string().as_bytes());
            }
        }
    }

    fn put_bookmark(&self, out: &mut BytesMut, version: u64, initial: bool) {
        let mut metadata = json!({ "resourceVersion": version.to_string(), "creationTimestamp": null });
        if initial {
            crate::object::set(&mut metadata, &["annotations", "k8s.io/initial-events-end"], "true");
        }
        let object = match self.form {
            Form::Plain => json!({
                "kind": self.served.kind, "apiVersion": self.served.group_version(), "metadata": metadata,
            }),
            Form::Metadata => json!({
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            }),
            Form::Table => json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": version.to_string()}, "columnDefinitions": null,
                "rows": [{"cells": [], "object": {
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                }}],
            }),
        };
        put_line(out, "BOOKMARK", object.to_string().as_bytes());
    }
}
