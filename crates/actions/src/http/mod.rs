//! Package `vela/http`: requests to services.
//!
//! A request that changes something carries `Idempotency-Key`, the same one however often it is sent, so that a receiver
//! that knows the header acts once although an answer was lost. What failed on the way, and what the server asks to try
//! again (429, 502, 503, 504), is tried again here; the engine tries again later what did not help.

pub(crate) mod limit;
mod tls;

pub(crate) use tls::{certificates, secret_data};

use crate::call::{Call, Clusters};
use crate::egress::Refused;
use crate::fault::{Fault, FaultClass};
use crate::outside::{Outside, innermost};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The answer is part of the run's journal: no longer than this.
const LONGEST_BODY: usize = 1 << 20;
/// How long to wait for an answer when the step does not say.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often a request is sent again when the step does not say.
const RETRIES: u64 = 2;
/// The first pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);
/// The header by which a receiver recognises a request that it has seen.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// How the caller looks at answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The template reads the status itself: no status is a failure.
    pub any_status: bool,
    /// The parameters came from secrets: errors show no more of the address than its host.
    pub secret: bool,
}

/// `http.#HTTPDo`: sends a request; answers `{statusCode, body, header, trailer}`.
///
/// # Errors
/// The address cannot be read or is not allowed; nobody answers; a status of 400 and above that neither `allowedStatus`
/// names nor the template reads.
pub async fn request(
    call: &Call<'_>,
    outside: &Outside,
    clusters: &dyn Clusters,
    reading: Reading,
) -> Result<Value, Fault> {
    let url: Url = call
        .need("url")?
        .as_str()
        .unwrap_or_default()
        .parse()
        .map_err(|e| Fault::permanent(format!("the parameter \"url\" is no address: {e}")))?;
    let method = match call.text("method") {
        "" => Method::GET,
        method => Method::from_bytes(method.to_ascii_uppercase().as_bytes())
            .map_err(|_| Fault::permanent(format!("{method:?} is no method of HTTP")))?,
    };
    let options = call.params.get("request").cloned().unwrap_or(Value::Null);
    if options.get("trailer").and_then(Value::as_object).is_some_and(|t| !t.is_empty()) {
        return Err(Fault::permanent("trailers of requests are not supported: send a header instead"));
    }
    let mut headers = headers(options.get("header"))?;
    if let Some(name) = options.get("headersFromSecret").and_then(Value::as_str).filter(|n| !n.is_empty()) {
        for (key, value) in secret_data(clusters, call.namespace, name).await? {
            add(&mut headers, &key, &String::from_utf8_lossy(&value))?;
        }
    }
    let client = match call.params.get("tls_config").filter(|t| !t.is_null()) {
        Some(config) => outside.build(&certificates(clusters, call.namespace, config).await?)?,
        None => outside.client().await?,
    };
    let sending = Sending {
        method,
        url,
        headers,
        body: options.get("body").and_then(Value::as_str).map(str::to_owned),
        key: call.key.map(str::to_owned),
        timeout: duration(options.get("timeout"), "request.timeout")?.unwrap_or(TIMEOUT),
        retries: call.params.get("retries").and_then(Value::as_u64).unwrap_or(RETRIES),
        limit: options.get("ratelimiter").map(rate).transpose()?.flatten(),
        secret: reading.secret,
    };
    let answer = sending.send(&client, outside).await?;
    let allowed = call
        .params
        .get("allowedStatus")
        .and_then(Value::as_array)
        .is_some_and(|statuses| statuses.iter().any(|s| s.as_u64() == Some(u64::from(answer.status.as_u16()))));
    if answer.status.as_u16() >= 400 && !allowed && !reading.any_status {
        return Err(answer.fault(&sending));
    }
    Ok(answer.value())
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) retries: u64,
    pub(crate) limit: Option<(usize, Duration)>,
    pub(crate) secret: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Sending {
    /// A POST of JSON, as chats take it.
    pub(crate) fn post(url: Url, body: &Value, key: Option<&str>, secret: bool) -> Sending {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Sending {
            method: Method::POST,
            url,
            headers,
            body: Some(body.to_string()),
            key: key.map(str::to_owned),
            timeout: Duration::from_secs(10),
            retries: RETRIES,
            limit: None,
            secret,
        }
    }

    /// Sends until there is an answer that is not a request to try again.
    pub(crate) async fn send(&self, client: &reqwest::Client, outside: &Outside) -> Result<Answer, Fault> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(Fault::permanent(format!("{} is no address of HTTP", self.shown())));
        }
        outside.check_literal(&self.url)?;
        let mut pause = PAUSE;
        let mut tried = 0;
        loop {
            self.wait_for_a_place(outside).await?;
            let result = self.once(client).await;
            let last = tried >= self.retries;
            let wait = match &result {
                Ok(answer) if matches!(answer.status.as_u16(), 429 | 502 | 503 | 504) => answer.retry_after(),
                Err(fault) if fault.class == FaultClass::Transient => None,
                _ => return result,
            };
            let wait = wait.unwrap_or(pause);
            if last || wait > Duration::from_secs(30) {
                return result;
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
            tried += 1;
        }
    }

    async fn wait_for_a_place(&self, outside: &Outside) -> Result<(), Fault> {
        let Some((limit, period)) = self.limit else { return Ok(()) };
        let host = self.url.host_str().unwrap_or_default();
        while let Err(wait) = outside.limits.take(host, limit, period) {
            if wait > self.timeout {
                return Err(Fault::transient(format!(
                    "{limit} requests were sent to {host} in {period:?}; the rate limiter allows no more for {wait:?}"
                )));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    async fn once(&self, client: &reqwest::Client) -> Result<Answer, Fault> {
        let mut request =
            client.request(self.method.clone(), self.url.clone()).timeout(self.timeout).headers(self.headers.clone());
        if let Some(key) = &self.key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let response = request.send().await.map_err(|e| self.fault(&e))?;
        self.read(response).await
    }

    async fn read(&self, mut response: Response) -> Result<Answer, Fault> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.fault(&e))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LONGEST_BODY {
                return Err(Fault::permanent(format!(
                    "the answer of {} is longer than {LONGEST_BODY} bytes",
                    self.shown()
                )));
            }
        }
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() })
    }

    fn fault(&self, error: &reqwest::Error) -> Fault {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(one) = source {
            if let Some(refused) = one.downcast_ref::<Refused>() {
                return Fault::permanent(refused.to_string());
            }
            source = one.source();
        }
        let shown = format!("{} {}", self.method, self.shown());
        if error.is_timeout() {
            return Fault::transient(format!("{shown}: no answer within {:?}", self.timeout));
        }
        let why = innermost(error);
        if error.is_builder() || error.is_redirect() {
            return Fault::permanent(format!("{shown}: {why}"));
        }
        Fault::transient(format!("{shown}: {why}"))
    }

    /// The address for people: no query, no account; of a secret one only the host.
    pub(crate) fn shown(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|p| format!(":{p}")).unwrap_or_default();
        let path = if self.secret { "/***" } else { self.url.path() };
        format!("{}://{host}{port}{path}", self.url.scheme())
    }
}

impl Answer {
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// The first words of the body, for a message.
    pub(crate) fn words(&self) -> String {
        let line = self.body.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line,
        }
    }

    pub(crate) fn fault(&self, sending: &Sending) -> Fault {
        let words = self.words();
        let words = if words.is_empty() || sending.secret { String::new() } else { format!(": {words}") };
        let message = format!("{} {} is answered with status {}{words}", sending.method, sending.shown(), self.status);
        let passing = matches!(self.status.as_u16(), 408 | 425 | 429 | 502 | 503 | 504);
        let class = if passing { FaultClass::Transient } else { FaultClass::Permanent };
        let retry_after = self.retry_after().and_then(|d| u32::try_from(d.as_secs()).ok());
        Fault { class, message, status: Some(self.status.as_u16()), retry_after, wordless: None }
    }

    fn value(&self) -> Value {
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in &self.headers {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let values = headers.entry(canonical(name.as_str())).or_insert_with(|| json!([]));
            if let Some(values) = values.as_array_mut() {
                values.push(text.into());
            }
        }
        json!({"statusCode": self.status.as_u16(), "body": self.body, "header": headers, "trailer": {}})
    }
}

/// `content-type` as `Content-Type`: how templates that were written for Go's client name headers.
fn canonical(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|c| {
            let c = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            upper = c == '-';
            c
        })
        .collect()
}

fn headers(given: Option<&Value>) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Array(values) => {
                for value in values {
                    add(&mut headers, name, value.as_str().unwrap_or_default())?;
                }
            }
            Value::String(text) => add(&mut headers, name, text)?,
            other => add(&mut headers, name, &other.to_string())?,
        }
    }
    Ok(headers)
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Fault> {
    let header: HeaderName = name.parse().map_err(|_| Fault::permanent(format!("{name:?} is no name of a header")))?;
    let value = HeaderValue::from_str(value.trim_end_matches(['\r', '\n']))
        .map_err(|_| Fault::permanent(format!("the header {name} holds what no header can hold")))?;
    headers.append(header, value);
    Ok(())
}

/// `{limit, period}`.
fn rate(given: &Value) -> Result<Option<(usize, Duration)>, Fault> {
    let limit = given.get("limit").and_then(Value::as_u64).and_then(|l| usize::try_from(l).ok()).unwrap_or(0);
    let period = duration(given.get("period"), "request.ratelimiter.period")?;
    Ok(period.filter(|_| limit > 0).map(|period| (limit, period)))
}

/// A duration as definitions write it: `3s`, `1m30s`, `500ms`.
pub(crate) fn duration(given: Option<&Value>, name: &str) -> Result<Option<Duration>, Fault> {
    let Some(text) = given.and_then(Value::as_str).filter(|t| !t.is_empty()) else { return Ok(None) };
    let millis = workflow::time::duration(text)
        .map_err(|why| Fault::permanent(format!("the parameter \"{name}\" cannot be read: {why}")))?;
    Ok(Some(Duration::from_millis(u64::try_from(millis).unwrap_or_default())))
}

#[cfg(test)]
mod tests;
