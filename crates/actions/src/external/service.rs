//! A provider that is a service.

use super::answer;
use crate::fault::Fault;
use crate::http::Sending;
use crate::outside::Outside;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

#[expect(clippy::too_many_arguments, reason = "one caller, which has them one by one")]
pub(super) async fn call(
    endpoint: &str,
    headers: &[(String, String)],
    name: &str,
    params: &Value,
    key: Option<&str>,
    outside: &Outside,
    secret: bool,
    what: &str,
) -> Result<Value, Fault> {
    let url: Url = format!("{}/{name}", endpoint.trim_end_matches('/'))
        .parse()
        .map_err(|e| Fault::permanent(format!("{what}: the endpoint is no address: {e}")))?;
    let mut sending = Sending::post(url, params, key, secret);
    for (name, value) in headers {
        let header: HeaderName =
            name.parse().map_err(|_| Fault::permanent(format!("{what}: {name:?} is no name of a header")))?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| Fault::permanent(format!("{what}: the header {name} holds what no header can hold")))?;
        sending.headers.append(header, value);
    }
    let client = outside.client().await?;
    let got = sending.send(&client, outside).await?;
    if !got.status.is_success() {
        let fault = got.fault(&sending);
        return Err(Fault { message: format!("{what}: {}", fault.message), ..fault });
    }
    answer(what, &got.body)
}
