//! `FLATLINE_CA`: certificate authorities that are trusted besides the public ones.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Env;
use super::reader::{Judge, Place};

/// The certificates in it (DER), of which there is at least one if it is set.
pub(super) fn read(judge: &Judge, env: &Env) -> Vec<Vec<u8>> {
    let Some(text) = env.get("FLATLINE_CA") else { return Vec::new() };
    let variable =
        if env.get("FLATLINE_CA_FILE").is_some() { "FLATLINE_CA_FILE" } else { "FLATLINE_CA" };
    certificates(text).unwrap_or_else(|sentence| {
        judge.error(&Place::variable(variable), sentence);
        Vec::new()
    })
}

fn certificates(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    for (index, read) in CertificateDer::pem_slice_iter(text.as_bytes()).enumerate() {
        let unusable = |why: String| format!("certificate {} cannot be used: {why}", index + 1);
        let certificate = read.map_err(|error| unusable(error.to_string()))?;
        let trusted = RootCertStore::empty().add(certificate.clone());
        trusted.map_err(|error| unusable(error.to_string()))?;
        found.push(certificate.to_vec());
    }
    if found.is_empty() {
        return Err("must hold certificates in PEM form, each between the lines \
                    -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----"
            .to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;

    use super::*;

    fn verdict(text: &str) -> (usize, Vec<String>) {
        let judge = Judge::default();
        let env = Env::default().with("FLATLINE_CA", text);
        let count = read(&judge, &env).len();
        (count, judge.verdict().0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn authorities_are_read_or_refused_with_a_sentence() {
        let pem = |name: &str| generate_simple_self_signed([name.to_owned()]).unwrap().cert.pem();
        let [one, two] = [pem("a.example"), pem("b.example")];
        let no_certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        let rows = [
            (String::new(), 0, "", "not set"),
            (one.clone(), 1, "", "one"),
            (format!("# ours\n{one}\n{two}"), 2, "", "two, with text around them"),
            ("garbage".to_owned(), 0, "must hold certificates in PEM form", "no PEM"),
            (one.replace("CERTIFICATE", "PRIVATE KEY"), 0, "must hold certificates", "a key"),
            (format!("{one}{no_certificate}"), 0, "certificate 2 cannot be used", "no certificate"),
            (one[..one.len() / 2].to_owned(), 0, "certificate 1 cannot be used", "cut short"),
        ];
        for (text, count, said, what) in rows {
            let (found, problems) = verdict(&text);
            assert_eq!(found, count, "{what}: {problems:?}");
            assert_eq!(problems.len(), usize::from(!said.is_empty()), "{what}: {problems:?}");
            let told = problems.concat();
            assert!(told.contains(said), "{what}: {told}");
            assert!(said.is_empty() || told.contains("FLATLINE_CA"), "{what}: {told}");
        }
    }
}
