//! One wrong address among those that a mail goes to.

use flatline_harness::authority::{Authority, Certificate};
use flatline_harness::mail::{Door, MailServer};
use flatline_shared::notify::{Answer, Encryption, HttpTransport, Outgoing, Submission, Transport};

const LETTER: &str = "From: a@b\r\nTo: c@d\r\nSubject: s\r\nDate: d\r\nMessage-ID: <i>\r\n\
                      Content-Type: text/plain\r\n\r\nhello\r\n";

async fn submit(server: &MailServer, to: &[&str]) -> Answer {
    let submission = Submission {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        encryption: Encryption::None,
        login: None,
        from: "flatline@example.com".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        message: LETTER.into(),
    };
    let transport = HttpTransport::new(&["127.0.0.0/8".parse().unwrap()], 10_000).unwrap();
    transport.send(Outgoing::Smtp(submission)).await.unwrap()
}

#[tokio::test]
async fn a_wrong_address_keeps_the_mail_from_nobody_else() {
    let authority = Authority::new().unwrap();
    let server = MailServer::start(&authority, Certificate::Good, Door::Plain, None).await.unwrap();
    let to = ["a@example.com", "nobody@example.com", "b@example.com"];
    let answer = submit(&server, &to).await;
    let said = answer.reply().unwrap();
    assert_eq!(answer.status, 200, "{said}");
    assert_eq!(said, "250 2.0.0 queued; refused: nobody@example.com (550 5.1.1 no such user)");
    let mails = server.accepted();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["a@example.com", "b@example.com"]);

    let answer = submit(&server, &["nobody@example.com"]).await;
    assert_eq!((answer.status, server.accepted().len()), (400, 1), "nobody is left");
    assert_eq!(answer.reply().unwrap(), "550 5.1.1 no such user");
}
