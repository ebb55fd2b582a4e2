#include "ui/train/RecipePanel.h"

#include <algorithm>
#include <cmath>

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDoubleValidator>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QStyle>
#include <QThreadPool>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "ui/train/RecipeDialog.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int labelWidth = 80, panelMargin = 16, usualRank = 16;
const char* const precisions[] = {"auto", "bf16", "fp32"};

QString rateText(double rate) { return QLocale::c().toString(rate, 'g', 6); }

// Long titles would widen the panel.
QComboBox* makeCombo(const char* name, QWidget* parent) {
    auto* combo = new QComboBox(parent);
    combo->setObjectName(QString::fromLatin1(name));
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(10);
    return combo;
}

std::string startOf(const Recipe& recipe) {
    const auto* r = diffusionOf(recipe);
    return r ? r->model.start : std::string();
}
} // namespace

RecipePanel::RecipePanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    makeBase(*column);
    makeRecipe(*column);
    recipeToFields();
}

void RecipePanel::makeBase(QVBoxLayout& column) {
    m_baseSection = new QWidget(this);
    auto* inside = new QVBoxLayout(m_baseSection);
    inside->setContentsMargins(panelMargin, 0, panelMargin, 0);
    inside->setSpacing(8);
    inside->addWidget(sectionHead(tr("Base model"), m_baseSection));
    m_base = makeCombo("baseChoice", m_baseSection);
    m_base->setAccessibleName(tr("Base model"));
    m_base->addItem(tr("From scratch, by the recipe"));
    inside->addWidget(m_base);
    m_autoencoderRow = new QWidget(m_baseSection);
    auto* grid = new QGridLayout(m_autoencoderRow);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setColumnStretch(1, 1);
    m_autoencoder = makeCombo("autoencoderChoice", m_autoencoderRow);
    m_autoencoder->addItem(tr("As the recipe says"));
    addRow(*grid, tr("Latents of"), m_autoencoder);
    m_autoencoder->setToolTip(tr("The model whose autoencoder turns tiles into latents and back. It is not trained."));
    inside->addWidget(m_autoencoderRow);
    m_baseHint = new ElidingLabel(m_baseSection);
    m_baseHint->setProperty("role", QStringLiteral("secondary"));
    inside->addWidget(m_baseHint);
    column.addWidget(m_baseSection);
    m_baseLine = separatorLine(this);
    column.addWidget(m_baseLine);
    connect(m_base, &QComboBox::activated, this, &RecipePanel::chooseBase);
    connect(m_autoencoder, &QComboBox::activated, this, &RecipePanel::chooseAutoencoder);
}

void RecipePanel::makeRecipe(QVBoxLayout& whole) {
    auto* inside = new QVBoxLayout; // within the margins; the line above goes through
    inside->setContentsMargins(panelMargin, 0, panelMargin, 0);
    inside->setSpacing(8);
    whole.addLayout(inside);
    auto& column = *inside;
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Recipe"), this), 1);
    m_full = new QPushButton(tr("Full settings\u2026"), this);
    m_full->setObjectName(QStringLiteral("fullSettingsButton"));
    m_full->setProperty("link", true);
    head->addWidget(m_full);
    column.addLayout(head);
    m_choice = makeCombo("recipeChoice", this);
    m_choice->setAccessibleName(tr("Recipe"));
    column.addWidget(m_choice);
    m_sentence = new QLabel(this);
    m_sentence->setObjectName(QStringLiteral("recipeSentence"));
    m_sentence->setProperty("role", QStringLiteral("error"));
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_sentence->hide();
    column.addWidget(m_sentence);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    m_method = new SegmentedControl({tr("LoRA"), tr("Full")}, this);
    m_method->setObjectName(QStringLiteral("methodChoice"));
    m_method->button(0)->setToolTip(
        tr("Trains small factors beside the weights of the base model: little memory, and a small file to share."));
    m_method->button(1)->setToolTip(tr("Trains all weights."));
    addRow(*grid, tr("Method"), m_method);
    m_batch = new QSpinBox(this);
    m_batch->setObjectName(QStringLiteral("batchSpin"));
    m_batch->setRange(1, 65536);
    m_stepsText = new ElidingLabel({}, "secondary", this);
    addRow(*grid, tr("Batch"), m_batch, m_stepsText);
    m_rate = new QLineEdit(this);
    m_rate->setObjectName(QStringLiteral("rateEdit"));
    m_warmUp = new ElidingLabel({}, "secondary", this);
    addRow(*grid, tr("Rate"), m_rate, m_warmUp);
    m_precision = makeCombo("precisionChoice", this);
    m_precision->addItems({tr("Automatic"), tr("bf16, faster"), tr("fp32, exact")});
    addRow(*grid, tr("Precision"), m_precision);
    m_stopAt = new QSpinBox(this);
    m_stopAt->setObjectName(QStringLiteral("stopAtSpin"));
    m_stopAt->setRange(1, 2'000'000'000);
    m_stopAt->setGroupSeparatorShown(true);
    addRow(*grid, tr("Stop at"), m_stopAt, new ElidingLabel(tr("images"), "secondary", this));
    grid->setColumnStretch(2, 1);
    column.addLayout(grid);
    for (auto* field : {m_batch, m_stopAt}) connect(field, &QSpinBox::editingFinished, this, &RecipePanel::fieldsToRecipe);
    connect(m_rate, &QLineEdit::editingFinished, this, &RecipePanel::fieldsToRecipe);
    connect(m_method, &SegmentedControl::currentChanged, this, &RecipePanel::chooseMethod);
    connect(m_precision, &QComboBox::activated, this, &RecipePanel::fieldsToRecipe);
    connect(m_choice, &QComboBox::activated, this, &RecipePanel::choose);
    connect(m_full, &QPushButton::clicked, this, &RecipePanel::openDialog);
}

void RecipePanel::addRow(QGridLayout& grid, const QString& text, QWidget* field, QWidget* aside) {
    const int row = grid.rowCount();
    auto* label = new QLabel(text, this);
    label->setBuddy(field);
    label->setMinimumWidth(labelWidth);
    field->setAccessibleName(text);
    grid.addWidget(label, row, 0);
    grid.addWidget(field, row, 1, 1, aside ? 1 : 2);
    if (aside) grid.addWidget(aside, row, 2);
    if (aside) field->setFixedWidth(96);
}

void RecipePanel::setChoices(std::vector<ListedRecipe> recipes, std::vector<ListedModel> models) {
    m_recipes = std::move(recipes), m_models = std::move(models);
    m_choice->clear();
    for (const auto& one : m_recipes) m_choice->addItem(one.title);
    m_choice->addItem(tr("From a file\u2026"));
    for (auto* combo : {m_base, m_autoencoder}) {
        while (combo->count() > 1) combo->removeItem(1);
        for (const auto& model : m_models) combo->addItem(combo == m_base ? tr("Go on from %1").arg(model.title) : model.title);
        combo->addItem(combo == m_base ? tr("Go on from a file or folder\u2026") : tr("From a folder\u2026"));
    }
    for (int i = 0; i < m_choice->count(); ++i) m_choice->setItemData(i, m_choice->itemText(i), Qt::ToolTipRole);
    if (m_frozen) return m_title.isEmpty() ? void() : showChoice(m_title); // a run was opened meanwhile: its recipe stays
    if (m_recipes.empty()) return say(tr("No recipe came with this program; choose one from a file."));
    // The small one first, so that a first try takes a minute.
    const auto small =
        std::find_if(m_recipes.begin(), m_recipes.end(), [](const auto& r) { return r.file.endsWith(QLatin1String("tiny.json")); });
    m_choice->setCurrentIndex(small == m_recipes.end() ? 0 : int(small - m_recipes.begin()));
    choose(m_choice->currentIndex());
}

void RecipePanel::choose(int row) {
    if (row == int(m_recipes.size())) {
        m_choice->setCurrentIndex(m_lastRow);
        const QString file = QFileDialog::getOpenFileName(this, tr("Recipe"), {}, tr("Recipes (*.json)"));
        if (!file.isEmpty()) openFile(file);
        return;
    }
    m_lastRow = row;
    const auto& one = m_recipes[std::size_t(row)];
    if (one.problem.isEmpty()) return setRecipe(one.recipe, one.title);
    say(one.problem);
    Q_EMIT changed();
}

void RecipePanel::openFile(const QString& file) {
    const int asked = ++m_reading;
    QThreadPool::globalInstance()->start([panel = QPointer<RecipePanel>(this), file, asked] {
        ListedRecipe one{QFileInfo(file).fileName(), file, {}, {}};
        try {
            one.recipe = readRecipe(file.toStdString());
        } catch (const Error& e) { one.problem = QString::fromUtf8(e.what()); }
        QMetaObject::invokeMethod(
            qApp,
            [panel, one = std::move(one), asked] {
                if (!panel || panel->m_reading != asked) return;
                panel->m_recipes.push_back(one);
                const int row = int(panel->m_recipes.size()) - 1;
                panel->m_choice->insertItem(row, one.title);
                panel->m_choice->setCurrentIndex(row);
                panel->choose(row);
            },
            Qt::QueuedConnection);
    });
}

void RecipePanel::setRecipe(const Recipe& recipe, const QString& title) {
    m_recipe = recipe;
    if (const auto* r = diffusionOf(recipe)) m_ownStart = r->model.start, m_ownAutoencoder = r->model.autoencoder;
    say({});
    if (!title.isEmpty()) showChoice(title);
    recipeToFields();
    Q_EMIT changed();
}

// As the recipe of this title, which joins the list where it is not in it.
void RecipePanel::showChoice(const QString& title) {
    m_title = title;
    if (m_choice->findText(title) < 0) {
        m_recipes.push_back({title, {}, {}, m_recipe});
        m_choice->insertItem(int(m_recipes.size()) - 1, title);
    }
    m_choice->setCurrentIndex(m_lastRow = m_choice->findText(title));
}

void RecipePanel::setRunRecipe(Recipe recipe, const QString& title, const std::string& base) {
    if (auto* r = std::get_if<TrainRecipe>(&recipe))
        for (auto* name : {&r->model.start, &r->model.autoencoder}) {
            if (name->empty()) continue;
            const auto known = std::find_if(m_models.begin(), m_models.end(), [&](const auto& model) {
                return std::filesystem::path(model.path.toStdString()).filename() == *name;
            });
            *name = known == m_models.end() ? base : known->path.toStdString();
        }
    setRecipe(recipe, title);
}

void RecipePanel::setDataSettings(const RecipeData& data) {
    dataOf(m_recipe) = data;
    Q_EMIT changed();
}

void RecipePanel::chooseBase(int row) {
    auto* r = std::get_if<TrainRecipe>(&m_recipe);
    if (!r) return;
    if (row == 0) r->model.start = m_ownStart;
    else if (row <= int(m_models.size())) r->model.start = m_models[std::size_t(row) - 1].path.toStdString();
    else if (const auto file =
                 QFileDialog::getOpenFileName(this, tr("Model to go on from"), {}, tr("Checkpoints (*.safetensors *.ckpt *.pt)"));
             !file.isEmpty())
        r->model.start = file.toStdString();
    if (r->model.start.empty()) r->model.lora.rank = 0; // nothing to adapt
    recipeToFields();
    Q_EMIT changed();
}

void RecipePanel::chooseMethod(int index) {
    auto* r = std::get_if<TrainRecipe>(&m_recipe);
    if (!r || m_filling) return;
    const bool lora = index == 0;
    if (lora == (r->model.lora.rank > 0)) return;
    r->model.lora.rank = lora ? usualRank : 0;
    r->model.trainText = !lora;                                          // its usual value
    if (lora && r->memory.weights == "bf16") r->memory.weights = "fp32"; // what is frozen is bf16 without it
    recipeToFields();
    Q_EMIT changed();
}

void RecipePanel::chooseAutoencoder(int row) {
    auto* r = std::get_if<TrainRecipe>(&m_recipe);
    if (!r) return;
    if (row == 0) r->model.autoencoder = m_ownAutoencoder;
    else if (row <= int(m_models.size())) r->model.autoencoder = m_models[std::size_t(row) - 1].path.toStdString();
    else if (const auto folder = QFileDialog::getExistingDirectory(this, tr("Folder of the autoencoder")); !folder.isEmpty())
        r->model.autoencoder = folder.toStdString();
    recipeToFields();
    Q_EMIT changed();
}

void RecipePanel::openDialog() {
    auto* dialog = new RecipeDialog(m_recipe, m_frozen, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_recipe = dialog->recipe();
        say({});
        recipeToFields();
        Q_EMIT changed();
    });
    dialog->open();
}

void RecipePanel::say(const QString& problem) {
    m_problem = problem;
    m_sentence->setText(problem);
    m_sentence->setVisible(!problem.isEmpty());
}

void RecipePanel::fieldsToRecipe() {
    if (m_filling || m_frozen) return;
    auto settings = mainSettings(m_recipe);
    const auto before = settings;
    bool isNumber = false;
    const double rate = QLocale::c().toDouble(m_rate->text().trimmed().replace(QLatin1Char(','), QLatin1Char('.')), &isNumber);
    const bool right = isNumber && rate >= 1e-9 && rate <= 1;
    m_rate->setProperty("error", !right);
    m_rate->style()->unpolish(m_rate);
    m_rate->style()->polish(m_rate);
    say(right ? QString() : tr("The rate must be a number between 0.000000001 and 1, such as 0.001."));
    if (right) settings.rate = rate;
    settings.batch = m_batch->value();
    settings.precision = precisions[m_precision->currentIndex()];
    const bool imagesEdited = m_stopAt->value() != before.images() || settings.batch != before.batch;
    if (imagesEdited) settings.steps = (std::int64_t(m_stopAt->value()) + settings.batch - 1) / settings.batch;
    setMainSettings(m_recipe, settings);
    if (right) recipeToFields();
    Q_EMIT changed();
}

void RecipePanel::recipeToFields() {
    m_filling = true;
    const auto settings = mainSettings(m_recipe);
    const auto* r = diffusionOf(m_recipe);
    m_batch->setValue(settings.batch);
    m_stepsText->setWhole(tr("× %1 steps", nullptr, int(settings.steps)).arg(QLocale().toString(qint64(settings.steps))));
    m_rate->setText(rateText(settings.rate));
    const auto warmUp = r ? r->optimiser.warmUpSteps : std::get<AutoencoderRecipe>(m_recipe).warmUpSteps;
    m_warmUp->setWhole(tr("warm-up %1").arg(QLocale().toString(qint64(warmUp))));
    const auto precision = std::find(std::begin(precisions), std::end(precisions), settings.precision);
    m_precision->setCurrentIndex(int(precision - std::begin(precisions)) % 3);
    m_stopAt->setValue(int(std::min<std::int64_t>(settings.images(), 2'000'000'000)));
    m_baseSection->setVisible(r != nullptr);
    m_baseLine->setVisible(r != nullptr);
    const auto rowOf = [&](const QComboBox& combo, const std::string& path, const std::string& own) {
        if (path == own) return 0;
        for (std::size_t i = 0; i < m_models.size(); ++i)
            if (m_models[i].path.toStdString() == path) return int(i) + 1;
        return combo.count() - 1;
    };
    if (r) {
        m_base->setCurrentIndex(rowOf(*m_base, r->model.start, m_ownStart));
        m_autoencoder->setCurrentIndex(rowOf(*m_autoencoder, r->model.autoencoder, m_ownAutoencoder));
    }
    m_base->setItemText(0, startOf(m_recipe).empty() || m_base->currentIndex() > 0 ? tr("From scratch, by the recipe")
                                                                                   : tr("As the recipe says"));
    m_autoencoderRow->setVisible(r && r->model.start.empty() && !m_frozen);
    const bool adapts = r && r->model.lora.rank > 0;
    m_method->setCurrentIndex(adapts ? 0 : 1);
    m_method->setSegmentEnabled(0, r && !r->model.start.empty() && (!m_frozen || adapts),
                                r ? tr("A LoRA adapts a base model; choose one to go on from.") : tr("An autoencoder has no LoRA."));
    m_method->setSegmentEnabled(1, !m_frozen || !adapts);
    const QString from =
        r ? QFileInfo(QString::fromStdString(r->model.start.empty() ? r->model.autoencoder : r->model.start)).fileName() : QString();
    m_baseHint->setWhole(!r                        ? QString()
                         : from.isEmpty()          ? tr("The recipe names no autoencoder; choose one.")
                         : adapts                  ? tr("Factors of rank %1 beside the weights of %2").arg(r->model.lora.rank).arg(from)
                         : !r->model.start.empty() ? tr("All weights of %1 are trained further.").arg(from)
                                                   : tr("New network, latents of %1").arg(from));
    m_filling = false;
}

void RecipePanel::setFrozen(bool frozen) {
    m_frozen = frozen;
    const auto* r = diffusionOf(m_recipe);
    m_autoencoderRow->setVisible(r && r->model.start.empty() && !frozen);
    for (auto* combo : {m_base, m_autoencoder, m_choice, m_precision}) combo->setEnabled(!frozen);
    for (auto* field : {m_batch, m_stopAt}) field->setReadOnly(frozen); // still to be read
    m_rate->setReadOnly(frozen);
    recipeToFields();
}

} // namespace phloxine::ui
