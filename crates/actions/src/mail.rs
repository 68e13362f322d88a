//! Package `vela/email`: mail over SMTP.
//!
//! SMTP has no way to say that a message was sent before. What it has is `Message-ID`: it is made from the call's key, so
//! that a mail that is sent again because an answer was lost is the same message to every mailbox that looks.

use crate::call::{Call, Clusters};
use crate::fault::Fault;
use crate::http::certificates;
use crate::outside::Outside;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde_json::{Value, json};
use std::time::Duration;

/// The port of servers that speak TLS from the first byte.
const TLS_PORT: u64 = 465;

/// `email.#SendEmail`: sends one mail to all receivers; answers `{delivered, message, messageID}`.
///
/// With a password the connection must be encrypted (STARTTLS, or TLS at port 465): a password is not sent in the clear.
/// With `mayFail`, what the server refuses is an answer (`delivered: false`) and no fault.
///
/// # Errors
/// An address that is none; a server that cannot be reached, that refuses, or that offers no encryption.
pub async fn send(call: &Call<'_>, outside: &Outside, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let tolerant = call.params.get("mayFail").and_then(Value::as_bool) == Some(true);
    let message = message(call)?;
    let id = message.headers().get_raw("Message-ID").unwrap_or_default().to_owned();
    let mut tried = 0;
    let result = loop {
        match deliver(call, &message, outside, clusters).await {
            Err(fault) if fault.class == crate::FaultClass::Transient && tolerant && tried < 2 => {
                tokio::time::sleep(Duration::from_millis(200 << tried)).await;
                tried += 1;
            }
            result => break result,
        }
    };
    match result {
        Ok(said) => Ok(json!({"delivered": true, "message": said, "messageID": id})),
        Err(fault) if tolerant => Ok(json!({"delivered": false, "message": fault.message, "messageID": id})),
        Err(fault) => Err(fault),
    }
}

fn text<'a>(params: &'a Value, pointer: &str) -> &'a str {
    params.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn address(text: &str) -> Result<Mailbox, Fault> {
    text.parse().map_err(|e| Fault::permanent(format!("{text:?} is no address of mail: {e}")))
}

fn message(call: &Call<'_>) -> Result<Message, Fault> {
    let params = call.params;
    let sender: Address = text(params, "/from/address").parse().map_err(|e| {
        Fault::permanent(format!("the sender {:?} is no address of mail: {e}", text(params, "/from/address")))
    })?;
    let alias = Some(text(params, "/from/alias")).filter(|a| !a.is_empty()).map(str::to_owned);
    let key = call.key.map_or_else(|| workflow::ident::hash(params), str::to_owned);
    let mut builder = Message::builder()
        .message_id(Some(format!("<{key}@{}>", sender.domain())))
        .subject(text(params, "/content/subject"))
        .from(Mailbox::new(alias, sender));
    let receivers = call.need("to")?.as_array().cloned().unwrap_or_default();
    if receivers.is_empty() {
        return Err(Fault::permanent("the mail has no receiver: the parameter \"to\" is empty"));
    }
    for receiver in &receivers {
        builder = builder.to(address(receiver.as_str().unwrap_or_default())?);
    }
    let html = params.pointer("/content/html").and_then(Value::as_bool) == Some(true);
    builder
        .header(if html { ContentType::TEXT_HTML } else { ContentType::TEXT_PLAIN })
        .body(text(params, "/content/body").to_owned())
        .map_err(|e| Fault::permanent(format!("the mail cannot be written: {e}")))
}

async fn deliver(
    call: &Call<'_>,
    message: &Message,
    outside: &Outside,
    clusters: &dyn Clusters,
) -> Result<String, Fault> {
    let params = call.params;
    let host = text(params, "/from/host");
    if host.is_empty() {
        return Err(Fault::permanent("the parameter \"from.host\" is missing"));
    }
    let port = params.pointer("/from/port").and_then(Value::as_u64).unwrap_or(587);
    let port = u16::try_from(port).map_err(|_| Fault::permanent(format!("{port} is no port")))?;
    let addresses = outside.resolve(host, port).await?;
    let address = addresses.first().ok_or_else(|| Fault::transient(format!("{host} has no address")))?;
    let password = text(params, "/from/password");
    let tls = tls(call, host, outside, clusters).await?;
    let tls = match (u64::from(port) == TLS_PORT, password.is_empty()) {
        (true, _) => Tls::Wrapper(tls),
        (false, false) => Tls::Required(tls),
        (false, true) => Tls::Opportunistic(tls),
    };
    // The address was checked; connecting by name would resolve it again.
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
        .port(port)
        .tls(tls)
        .timeout(Some(Duration::from_secs(30)));
    if !password.is_empty() {
        let account = Some(text(params, "/from/username")).filter(|u| !u.is_empty());
        let account = account.unwrap_or_else(|| text(params, "/from/address"));
        transport = transport.credentials(Credentials::new(account.to_owned(), password.to_owned()));
    }
    let answer = transport.build().send(message.clone()).await.map_err(|e| fault(host, port, &e))?;
    let said: Vec<&str> = answer.message().collect();
    Ok(format!("{} {}", answer.code(), said.join(" ")).trim().to_owned())
}

async fn tls(call: &Call<'_>, host: &str, outside: &Outside, clusters: &dyn Clusters) -> Result<TlsParameters, Fault> {
    let wrong = |e: lettre::transport::smtp::Error| Fault::permanent(format!("the certificates cannot be used: {e}"));
    let mut pem = outside.authorities().to_vec();
    if let Some(config) = call.params.get("tls_config").filter(|c| !c.is_null()) {
        pem.push(b'\n');
        pem.extend(certificates(clusters, call.namespace, config).await?.authorities);
    }
    let mut builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::Default);
    for certificate in certificates_of(&pem) {
        builder = builder.add_root_certificate(Certificate::from_pem(certificate.as_bytes()).map_err(wrong)?);
    }
    builder.build_rustls().map_err(wrong)
}

/// The certificates in a PEM file, one by one.
fn certificates_of(pem: &[u8]) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let parts = text.split_inclusive(END).filter(|part| part.ends_with(END));
    parts
        .filter_map(|part| part.find("-----BEGIN CERTIFICATE-----").and_then(|at| part.get(at..)))
        .map(str::to_owned)
        .collect()
}

fn fault(host: &str, port: u16, error: &lettre::transport::smtp::Error) -> Fault {
    let why = crate::outside::innermost(error);
    let code = error.status().map(|c| format!("{c} ")).unwrap_or_default();
    let message = format!("mail server {host}:{port}: {code}{why}");
    if error.is_permanent() || error.is_client() || error.is_tls() {
        Fault::permanent(message)
    } else {
        Fault::transient(message)
    }
}

#[cfg(test)]
mod tests;
