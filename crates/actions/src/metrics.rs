//! Package `vela/metrics`: what Prometheus measures, against a condition that has to hold for a while.

use crate::call::Call;
use crate::fault::Fault;
use crate::http::{Sending, duration};
use crate::outside::Outside;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url, header::HeaderMap};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Since when conditions hold, or do not: one memory for a run. A process that takes over begins to count again, so that a
/// check takes longer and never passes too early.
#[derive(Debug, Default)]
pub struct Windows(Mutex<FxHashMap<String, (bool, Timestamp)>>);

impl Windows {
    /// For how long the condition of a check has been so.
    fn lasts(&self, check: &str, holds: bool, now: Timestamp) -> SignedDuration {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(check.to_owned()).or_insert((holds, now));
        if entry.0 != holds {
            *entry = (holds, now);
        }
        now.duration_since(entry.1)
    }
}

/// `metrics.#PromCheck`: asks Prometheus once; `check` names the check between visits. Answers `{result, failed, message}`.
///
/// # Errors
/// A condition or an address that cannot be read; Prometheus refuses the query or does not answer.
pub async fn prom_check(call: &Call<'_>, outside: &Outside, windows: &Windows, check: &str) -> Result<Value, Fault> {
    let condition = Condition::parse(call.text("condition"))?;
    let query = call.need("query")?.as_str().unwrap_or_default();
    let endpoint = call.text("metricEndpoint").trim_end_matches('/');
    let mut url: Url = format!("{endpoint}/api/v1/query")
        .parse()
        .map_err(|e| Fault::permanent(format!("the parameter \"metricEndpoint\" is no address: {e}")))?;
    url.query_pairs_mut().append_pair("query", query);
    let limit = |name: &str, default: u64| -> Result<SignedDuration, Fault> {
        let given = duration(call.params.get(name), name)?.unwrap_or(Duration::from_secs(default));
        Ok(SignedDuration::try_from(given).unwrap_or(SignedDuration::MAX))
    };
    let (needed, allowed) = (limit("duration", 300)?, limit("failDuration", 120)?);
    let sending = Sending {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
        key: None,
        timeout: Duration::from_secs(10),
        retries: 1,
        limit: None,
        secret: false,
    };
    let answer = sending.send(&outside.client().await?, outside).await?;
    if !answer.status.is_success() {
        return Err(answer.fault(&sending));
    }
    let answer: Value = serde_json::from_str(&answer.body)
        .map_err(|_| Fault::permanent(format!("{} does not answer as Prometheus does", sending.shown())))?;
    let values = values(&answer)?;
    let holds = !values.is_empty() && values.iter().all(|v| condition.holds(*v));
    let shown = match values.as_slice() {
        [] => "no value".to_owned(),
        [one] => one.to_string(),
        many => format!("{many:?}"),
    };
    let lasts = windows.lasts(check, holds, Timestamp::now());
    let told = |limit: SignedDuration| format!("{query} is {shown}, for {:#} of {limit:#}", seconds(lasts));
    Ok(if holds {
        json!({"result": lasts >= needed, "failed": false, "message": format!("condition {} holds: {}", condition.text, told(needed))})
    } else {
        let message = format!("condition {} does not hold: {}", condition.text, told(allowed));
        json!({"result": false, "failed": lasts >= allowed, "message": message})
    })
}

/// Whole seconds, for people.
fn seconds(duration: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(duration.as_secs())
}

/// The numbers of an answer: one of a scalar, one of each series of a vector.
fn values(answer: &Value) -> Result<Vec<f64>, Fault> {
    if answer.get("status").and_then(Value::as_str) != Some("success") {
        let why = answer.get("error").and_then(Value::as_str).unwrap_or("without a reason");
        return Err(Fault::permanent(format!("Prometheus refuses the query: {why}")));
    }
    let number = |pair: &Value| pair.get(1).and_then(Value::as_str).and_then(|t| t.parse::<f64>().ok());
    let result = answer.pointer("/data/result").cloned().unwrap_or(Value::Null);
    let kind = answer.pointer("/data/resultType").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "scalar" => Ok(number(&result).into_iter().collect()),
        "vector" => Ok(result.as_array().into_iter().flatten().filter_map(|s| number(s.get("value")?)).collect()),
        other => {
            Err(Fault::permanent(format!("the query gives a {other}; a check needs a scalar or an instant vector")))
        }
    }
}

/// `>=0.95`
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    text: String,
    operator: String,
    number: f64,
}

impl Condition {
    fn parse(text: &str) -> Result<Condition, Fault> {
        let trimmed = text.trim();
        let at = trimmed.find(|c: char| !matches!(c, '<' | '>' | '=' | '!')).unwrap_or(trimmed.len());
        let (operator, number) = trimmed.split_at(at);
        match (operator, number.trim().parse()) {
            ("<" | "<=" | ">" | ">=" | "=" | "==" | "!=", Ok(number)) => {
                Ok(Condition { text: trimmed.to_owned(), operator: operator.to_owned(), number })
            }
            _ => Err(Fault::permanent(format!("the condition {text:?} is none: write for instance >=0.95"))),
        }
    }

    #[expect(clippy::float_cmp, reason = "the user asks for equality")]
    fn holds(&self, value: f64) -> bool {
        match self.operator.as_str() {
            "<" => value < self.number,
            "<=" => value <= self.number,
            ">" => value > self.number,
            ">=" => value >= self.number,
            "!=" => value != self.number,
            _ => value == self.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Egress;
    use crate::testing::Receiver;

    fn vector(value: &str) -> String {
        json!({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.0, value]}]}})
            .to_string()
    }

    async fn check(
        receiver: &Receiver,
        windows: &Windows,
        condition: &str,
        limits: (&str, &str),
    ) -> Result<Value, Fault> {
        let outside = Outside::new(Egress::parse("127.0.0.1").unwrap(), Vec::new());
        let params = json!({
            "query": "sum(rate(ok[1m]))", "metricEndpoint": receiver.url(), "condition": condition,
            "duration": limits.0, "failDuration": limits.1,
        });
        prom_check(
            &Call { params: &params, key: None, namespace: "default", secret: false },
            &outside,
            windows,
            "check",
        )
        .await
    }

    #[tokio::test]
    async fn a_condition_has_to_hold_for_its_time() {
        let receiver = Receiver::answering(&[(200, &vector("0.97"))]).await;
        let windows = Windows::default();
        let first = check(&receiver, &windows, ">=0.95", ("1h", "0s")).await.unwrap();
        assert_eq!((first["result"].clone(), first["failed"].clone()), (json!(false), json!(false)));
        assert_eq!(first["message"], "condition >=0.95 holds: sum(rate(ok[1m])) is 0.97, for 0s of 1h");
        let done = check(&receiver, &windows, ">=0.95", ("0s", "0s")).await.unwrap();
        assert_eq!(done["result"], true);
        assert_eq!(receiver.got()[0].path, "/api/v1/query?query=sum%28rate%28ok%5B1m%5D%29%29");
    }

    #[tokio::test]
    async fn one_that_does_not_hold_fails_after_its_time() {
        let receiver = Receiver::answering(&[(200, &vector("0.5"))]).await;
        let windows = Windows::default();
        let first = check(&receiver, &windows, ">=0.95", ("0s", "1h")).await.unwrap();
        assert_eq!((first["result"].clone(), first["failed"].clone()), (json!(false), json!(false)));
        let failed = check(&receiver, &windows, ">=0.95", ("0s", "0s")).await.unwrap();
        assert_eq!(failed["failed"], true);
    }

    #[test]
    fn a_change_begins_to_count_again() {
        let windows = Windows::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(windows.lasts("a", true, at(0)).as_secs(), 0);
        assert_eq!(windows.lasts("a", true, at(9)).as_secs(), 9);
        assert_eq!(windows.lasts("a", false, at(10)).as_secs(), 0);
        assert_eq!(windows.lasts("b", true, at(12)).as_secs(), 0);
        assert_eq!(windows.lasts("a", true, at(13)).as_secs(), 0);
    }

    #[tokio::test]
    async fn mistakes_are_told() {
        let windows = Windows::default();
        let broken = r#"{"status": "error", "error": "parse error"}"#;
        let receiver = Receiver::answering(&[(200, broken), (400, broken), (200, "<html>")]).await;
        let mut told = Vec::new();
        for condition in [">=1", ">=1", ">=1", "about 3"] {
            told.push(check(&receiver, &windows, condition, ("0s", "0s")).await.unwrap_err().message);
        }
        assert_eq!(told[0], "Prometheus refuses the query: parse error");
        assert!(told[1].contains("status 400"), "{}", told[1]);
        assert!(told[2].contains("does not answer as Prometheus does"), "{}", told[2]);
        assert_eq!(told[3], "the condition \"about 3\" is none: write for instance >=0.95");
    }
}
