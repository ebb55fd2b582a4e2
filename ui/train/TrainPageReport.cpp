// The part of TrainPage that shows how a training goes.
#include <algorithm>

#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStackedWidget>

#include "ui/train/DataCard.h"
#include "ui/train/LossPlot.h"
#include "ui/train/MemoryBar.h"
#include "ui/train/NumberCard.h"
#include "ui/train/RecipePanel.h"
#include "ui/train/SampleTimeline.h"
#include "ui/train/TrainPage.h"
#include "ui/train/words.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {
enum Stack { Empty, Report };
} // namespace

void TrainPage::showState() {
    const bool open = !m_folder.isEmpty();
    m_stack->setCurrentIndex(open ? Report : Empty);
    m_recipes->setFrozen(open);
    m_data->setFrozen(open, m_job != 0);
    showHead();
    showCards();
    showFoot();
    if (!open) return;
    m_plot->setRun(m_run, phase() == Phase::Running || phase() == Phase::Watched);
    m_samples->setSamples(m_run.samples, m_run.classes);
    if (!m_run.recipe) return;
    if (const auto* r = diffusionOf(*m_run.recipe)) {
        m_lossHint->setWhole(r->loss.weight == "one" ? tr("mean squared error of the latents")
                                                     : tr("mean squared error, weighted by noise"));
        m_sampleHint->setWhole(tr("same noise and class in each row, %1 steps, guidance %2", nullptr, r->watch.sampleSteps)
                                   .arg(r->watch.sampleSteps)
                                   .arg(QLocale().toString(r->watch.sampleGuidance, 'g', 3)));
    } else {
        m_lossHint->setWhole(tr("difference of the pixels"));
        m_sampleHint->setWhole(tr("an autoencoder draws no samples"));
    }
}

void TrainPage::showHead() {
    const auto at = phase();
    const QString title = m_run.recipe ? titleOf(*m_run.recipe) : QString();
    m_title->setWhole(at == Phase::New ? tr("New training") : title.isEmpty() ? QFileInfo(m_folder).fileName() : title);
    QString when = m_run.began.isValid() ? tr("began %1").arg(whenText(m_run.began)) : QString();
    if (at == Phase::Watched) when = tr("%1, in another program", "began when").arg(when);
    if (m_run.brokenLines > 0) when += tr(", %1 lines of the log cannot be read", nullptr, m_run.brokenLines).arg(m_run.brokenLines);
    m_subtitle->setWhole(at == Phase::New ? QString() : when);
    m_best->setVisible(at != Phase::New && m_run.heldOut.size() > 1);
    if (m_run.heldOut.size() > 1) {
        const auto best =
            std::min_element(m_run.heldOut.begin(), m_run.heldOut.end(), [](const auto& a, const auto& b) { return a.loss < b.loss; });
        const bool last = best + 1 == m_run.heldOut.end();
        m_best->setTone(last ? Tone::Ok : Tone::Neutral);
        m_best->setText(last ? tr("Best so far at %1").arg(imagesText(best->images)) : tr("Best at %1").arg(imagesText(best->images)));
        m_best->updateGeometry();
    }
    m_new->setVisible(at != Phase::New);
    m_new->setEnabled(!m_job);
    m_new->setToolTip(m_job ? tr("Pause this training first") : QString());
    m_open->setEnabled(!m_job);
    m_use->setVisible(at != Phase::New);
    m_use->setEnabled(!m_run.model.isEmpty() && !m_adding);
    m_use->setToolTip(m_run.model.isEmpty() ? tr("There is a model when the training has finished, or was stopped and saved")
                                            : tr("Adds the model to your models"));
}

void TrainPage::showCards() {
    const bool now = m_job && m_report.step > 0;
    const double speed = now ? m_report.imagesPerSecond : m_run.imagesPerSecond;
    const double images = now ? double(m_report.images) : double(m_run.images);
    const double planned = m_run.recipe ? double(mainSettings(*m_run.recipe).images()) : 0;
    m_speed->setNumber(speed > 0 ? shortNumber(speed) : QString(), tr("images/s"));
    if (planned >= 1e6)
        m_seen->setNumber(QLocale().toString(images / 1e6, 'f', 2), tr("of %1 million").arg(QLocale().toString(planned / 1e6, 'f', 2)));
    else m_seen->setNumber(imagesText(images), planned > 0 ? tr("of %1").arg(imagesText(planned)) : QString());
    double best = 0;
    for (const auto& held : m_run.heldOut) best = best > 0 ? std::min(best, held.loss) : held.loss;
    m_heldOut->setNumber(m_run.heldOut.empty() ? QString() : shortNumber(m_run.heldOut.back().loss),
                         m_run.heldOut.empty() ? QString() : tr("best %1").arg(shortNumber(best)));
    m_state->setNumber(m_run.lastState.isValid() ? clockText(m_run.lastState) : QString(),
                       m_run.states
                           ? tr("kept: %1, %2", "number of states, size").arg(m_run.states).arg(gigabytesText(double(m_run.stateBytes)))
                           : QString());
}

void TrainPage::showFoot() {
    const auto at = phase();
    const QString why = at == Phase::Running || at == Phase::Finished ? QString() : whyNotReady();
    m_start->setVisible(at != Phase::Running);
    m_start->setText(at == Phase::New ? tr("Start") : tr("Continue"));
    m_start->setEnabled(why.isEmpty() && at != Phase::Finished);
    m_pause->setVisible(at == Phase::Running);
    m_stop->setVisible(at == Phase::Running);
    m_pause->setEnabled(!m_stopping);
    m_stop->setEnabled(!m_stopping);
    const auto plan = mainSettings(m_run.recipe ? *m_run.recipe : m_recipes->recipe());
    const QString seen = tr("%1 of %2 images").arg(imagesText(double(m_run.images)), imagesText(double(plan.images())));
    const char* mark = why.isEmpty() ? "clock" : "info-circle";
    QString text = why;
    if (at == Phase::Finished) mark = "circle-check", text = tr("Finished, %1 images").arg(imagesText(double(m_run.images)));
    else if (at == Phase::Running && m_stopping) mark = "hourglass", text = tr("Saving the state");
    else if (at == Phase::Running && m_report.step == 0) mark = "hourglass", text = m_stage;
    else if (at == Phase::Running) {
        mark = "player-play";
        const QString worked = longTimeText(m_workedBefore + double(m_runningFor.elapsed()) / 1000);
        text = m_report.step * 20 < m_report.steps && m_runningFor.elapsed() < 5000
                   ? tr("Running for %1").arg(worked)
                   : tr("Running for %1, about %2 left").arg(worked, longTimeText(m_report.secondsLeft));
    } else if (why.isEmpty() && at == Phase::Paused) text = tr("Paused after %1").arg(seen);
    else if (why.isEmpty() && m_knownSpeed > 0)
        text = tr("%1 images, about %2", "number of images, time")
                   .arg(imagesText(double(plan.images())), longTimeText(double(plan.images()) / m_knownSpeed));
    else if (why.isEmpty()) text = tr("%1 images, time known after the first ones").arg(imagesText(double(plan.images())));
    if (why.isEmpty() && at == Phase::New && m_memory->needed() > 0)
        text = tr("%1, %2", "images and time, memory").arg(text, gigabytesText(m_memory->needed()));
    m_footMark->setMark(mark, 16, at == Phase::Running ? IconTone::Accent : IconTone::Text2);
    m_footText->setText(text);
}

void TrainPage::showStatus() {
    if (!m_job) return Q_EMIT statusChanged({}, -1);
    if (m_report.step == 0) return Q_EMIT statusChanged(m_stage, 0);
    Q_EMIT statusChanged(
        tr("Training, step %1, about %2 left").arg(QLocale().toString(qint64(m_report.step)), longTimeText(m_report.secondsLeft)),
        double(m_report.step) / double(std::max<std::int64_t>(1, m_report.steps)));
}

} // namespace phloxine::ui
