//! BDAT (RFC 3030).

use smtp::Reply;
use smtp::bdat::ChunkDecoder;
use smtp::ehlo::Keywords;
use smtp::token::{Token, offset};

use super::content::ContentStore;
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Break, Handled, Session, Then};
use crate::transaction::{Bdat, ContentError};
use crate::verb::Stage;

/// One chunk, as announced.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    size: i64,
    is_last: bool,
}

impl Session {
    /// BDAT.
    pub(crate) async fn bdat(&mut self, words: &[Token], line: &[u8]) -> Handled {
        if self.discarded_keywords.has(Keywords::CHUNKING) {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("521 5.5.1 Error: command not implemented"));
        }
        let Some(chunk) = parse_chunk(words) else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            log_lines::malformed_bdat(self, line);
            return Ok(Answer::error("521 5.5.4 Syntax: BDAT count [LAST]"));
        };
        self.chat.start_request(self.server.settings.min_data_rate);
        if let Some(reply) = self.bdat_refusal(chunk).await? {
            return self.skip_chunk(chunk, reply).await;
        }
        if !self.mail.bdat.is_active() {
            self.put_content_start();
            self.mail.bdat = Bdat::Receiving(ChunkDecoder::new(self.line_rules()));
        }
        self.stage = Stage::BdatContent;
        self.receive_chunk(chunk).await?;
        if chunk.is_last {
            self.stage = Stage::EndOfMessage;
            return self.finish_message(true).await;
        }
        if self.mail.content_error != ContentError::None {
            let answer = self.finish_message(true).await?;
            return Ok(Answer { success: false, ..answer }.then(Then::SkipChunks));
        }
        Ok(Answer::ok(format!("250 2.0.0 Ok: {} bytes", chunk.size)))
    }

    /// Why a chunk cannot be taken.
    async fn bdat_refusal(&mut self, chunk: Chunk) -> Result<Option<Reply>, Break> {
        if chunk.size == 0 && !chunk.is_last {
            log_lines::null_bdat(self);
            return Ok(Some(Reply::new("551 5.7.1 Null BDAT request")));
        }
        if matches!(self.mail.bdat, Bdat::Failed) {
            let text = format!("551 5.0.0 Discarded {} bytes after earlier error", chunk.size);
            return Ok(Some(Reply::new(text)));
        }
        if !self.mail.bdat.is_active() {
            if !self.mail.has_begun() {
                self.errors.insert(ErrorClasses::PROTOCOL);
                return Ok(Some(Reply::new("503 5.5.1 Error: need RCPT command")));
            }
            if self.mail.recipient_count == 0 {
                return Ok(Some(Reply::new("554 5.5.1 Error: no valid recipients")));
            }
            if let Some(reply) = self.check_data().await? {
                return Ok(Some(reply));
            }
        }
        let limit = self.server.settings.message_limit;
        if limit > 0 && self.mail.received_size > limit.saturating_sub(chunk.size) {
            self.errors.insert(ErrorClasses::POLICY);
            log_lines::bdat_over_limit(self);
            return Ok(Some(Reply::new("552 5.3.4 Chunk exceeds message size limit")));
        }
        Ok(None)
    }

    async fn receive_chunk(&mut self, chunk: Chunk) -> Result<(), Break> {
        let mut left = usize::try_from(chunk.size).unwrap_or(usize::MAX);
        loop {
            let take = self.chat.pending().len().min(left);
            left -= take;
            let ends = left == 0 && chunk.is_last;
            self.store_chunk_part(take, ends);
            self.flush_queue_file().await;
            self.chat.consume(take);
            if left == 0 {
                return Ok(());
            }
            self.chat.read_content().await?;
        }
    }

    fn store_chunk_part(&mut self, take: usize, ends: bool) {
        let Bdat::Receiving(mut decoder) = std::mem::take(&mut self.mail.bdat) else { return };
        let mut store = ContentStore::new(&mut self.mail, self.server.settings.message_limit);
        let input = self.chat.pending().get(..take).unwrap_or_default();
        decoder.decode(input, |line| store.put(line));
        if ends {
            decoder.finish(|line| store.put(line));
        }
        if store.over_limit {
            log_lines::queue_file_limit(self);
        }
        self.note_bare_newlines(decoder.saw_bare_lf());
        self.mail.bdat = Bdat::Receiving(decoder);
    }

    /// Throws a chunk away and says why; not without bound, though.
    async fn skip_chunk(&mut self, chunk: Chunk, reply: Reply) -> Handled {
        let limit = self.server.settings.message_limit;
        let too_much =
            limit > 0 && self.mail.received_size as f64 / 1.5 > limit as f64 - chunk.size as f64 / 1.5;
        if too_much {
            log_lines::too_much_bdat(self);
            self.chat.shut_input();
            return Ok(skipped(chunk, reply));
        }
        self.mail.received_size = self.mail.received_size.saturating_add(chunk.size);
        let mut left = usize::try_from(chunk.size).unwrap_or(usize::MAX);
        loop {
            let take = self.chat.pending().len().min(left);
            self.chat.consume(take);
            left -= take;
            if left == 0 {
                break;
            }
            self.chat.read_content().await?;
        }
        if !chunk.is_last {
            self.mail.bdat = Bdat::Failed;
        }
        Ok(skipped(chunk, reply))
    }
}

fn skipped(chunk: Chunk, reply: Reply) -> Answer {
    Answer::from(reply).then(if chunk.is_last { Then::EndMail } else { Then::Nothing })
}

fn parse_chunk(words: &[Token]) -> Option<Chunk> {
    let size = offset(&words.get(1)?.text)?;
    match words.get(2..)? {
        [] => Some(Chunk { size, is_last: false }),
        [last] if last.is("LAST") => Some(Chunk { size, is_last: true }),
        _ => None,
    }
}
