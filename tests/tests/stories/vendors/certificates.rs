//! Certificates: out of date, for somebody else, of an authority that nobody knows. Nothing is sent,
//! and the delivery says why.

use anyhow::{Result, ensure};
use flatline_harness::authority::{Authority, Certificate};
use flatline_harness::mail::{Door, MailServer};
use flatline_harness::vendors::{FaultServer, Vendor};

use super::hall::Hall;
use super::verdicts::{Expected, judge};

/// A receiver that nobody may trust.
struct Impostor {
    name: &'static str,
    why: &'static str,
    web: FaultServer,
    mail: [MailServer; 2],
}

impl Impostor {
    async fn new(
        name: &'static str,
        why: &'static str,
        authority: &Authority,
        certificate: Certificate,
    ) -> Result<Self> {
        let web = FaultServer::start(authority, certificate).await?;
        web.seat(name, Vendor::Webhook);
        let mail = async |door| MailServer::start(authority, certificate, door, None).await;
        let mail = [mail(Door::Tls).await?, mail(Door::StartTls).await?];
        Ok(Self { name, why, web, mail })
    }

    /// The names of its channels: web, mail, mail by STARTTLS.
    fn channels(&self) -> [String; 3] {
        ["web", "tls", "starttls"].map(|road| format!("{} {road}", self.name))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_wrong_gets_no_message_and_the_delivery_says_why() -> Result<()> {
    let mut hall = Hall::open("API", 3_600).await?;
    let stranger = Authority::new()?;
    let impostors = [
        Impostor::new("expired", "certificate expired", &hall.authority, Certificate::Expired),
        Impostor::new("name", "not valid for name", &hall.authority, Certificate::WrongName),
    ];
    let mut impostors = futures_util::future::try_join_all(impostors).await?;
    let why = "an authority that is not known; if it is your own, name it in FLATLINE_CA_FILE";
    impostors.push(Impostor::new("stranger", why, &stranger, Certificate::Good).await?);
    for impostor in &impostors {
        let [web, tls, starttls] = impostor.channels();
        let base_url = impostor.web.url(impostor.name);
        hall = hall
            .with_channel_at(Vendor::Webhook, &web, &base_url)?
            .with_mail(&tls, &impostor.mail[0], "tls")?
            .with_mail(&starttls, &impostor.mail[1], "starttls")?;
    }
    // A server that offers no TLS at all is no better.
    let bare = MailServer::start(&hall.authority, Certificate::Good, Door::Plain, None).await?;
    let show = hall.with_mail("bare", &bare, "starttls")?.start().await?;
    show.goes_down().await?;
    let books = show.books().await?;

    let mut wrong = Vec::new();
    for impostor in &impostors {
        let expected = Expected::Unheard(impostor.why);
        for channel in impostor.channels() {
            wrong.extend(judge(&books, &channel, Vec::new, &expected).await.err());
        }
    }
    wrong.extend(judge(&books, "bare", Vec::new, &Expected::Unheard("STARTTLS")).await.err());
    ensure!(wrong.is_empty(), "{wrong:#?}\n{}", show.flatline.output());
    for impostor in &impostors {
        ensure!(impostor.web.visits(impostor.name).is_empty(), "{} was told", impostor.name);
    }
    let mail = impostors.iter().flat_map(|impostor| &impostor.mail).chain([&bare]);
    ensure!(
        mail.into_iter().all(|server| server.accepted().is_empty()),
        "a letter was handed over"
    );
    Ok(())
}
