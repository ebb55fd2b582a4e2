#include "ui/models/ModelQuestions.h"

#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QRegularExpression>

#include "ui/models/model_facts.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int questionLabelWidth = 96, questionScaleWidth = 96, classesHeight = 88;
constexpr double smallestScale = 0.01, largestScale = 100;
constexpr double ofPower1 = 10; // 10x is about 1 um/px

// "model.ckpt" says nothing: then the folder names it.
QString nameOf(const QString& path) {
    const QFileInfo info(path);
    const QString name = info.isDir() ? info.fileName() : info.completeBaseName();
    static const QStringList empty{QStringLiteral("model"), QStringLiteral("weights"), QStringLiteral("last"), QStringLiteral("checkpoint"),
                                   QStringLiteral("diffusion_pytorch_model")};
    return empty.contains(name) ? info.absoluteDir().dirName() : name;
}
} // namespace

QString shortNameOf(const QString& text) {
    static const QRegularExpression others(QStringLiteral("[^a-z0-9]+")), ends(QStringLiteral("^-+|-+$"));
    return text.toLower().replace(others, QStringLiteral("-")).remove(ends);
}

ModelQuestions::ModelQuestions(QWidget* parent)
    : QWidget(parent), m_title(new QLineEdit(this)), m_id(new QLineEdit(this)), m_scale(new QLineEdit(this)),
      m_licence(new QLineEdit(this)), m_power(new QComboBox(this)), m_classes(new QPlainTextEdit(this)) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    grid->setColumnMinimumWidth(0, questionLabelWidth);
    grid->setColumnStretch(1, 1);
    m_title->setObjectName(QStringLiteral("modelTitle"));
    m_id->setObjectName(QStringLiteral("modelId"));
    m_scale->setObjectName(QStringLiteral("modelScale"));
    m_licence->setObjectName(QStringLiteral("modelLicence"));
    m_classes->setObjectName(QStringLiteral("modelClasses"));
    m_scale->setPlaceholderText(tr("\u00b5m/px"));
    m_scale->setFixedWidth(questionScaleWidth);
    m_licence->setPlaceholderText(tr("Not stated"));
    m_classes->setTabChangesFocus(true);
    m_classes->setFixedHeight(classesHeight);
    m_power->setObjectName(QStringLiteral("modelPower"));
    m_power->setAccessibleName(tr("Scale by magnification"));
    m_power->addItem(tr("Not known, or as written"), 0.0);
    for (const double power : {40.0, 20.0, 10.0, 5.0})
        m_power->addItem(tr("Trained at %1\u00d7: %2\u00a0\u00b5m/px").arg(power).arg(QLocale().toString(ofPower1 / power)),
                         ofPower1 / power);
    auto* scale = new QWidget(this);
    auto* cells = new QHBoxLayout(scale);
    cells->setContentsMargins(0, 0, 0, 0);
    cells->setSpacing(8);
    cells->addWidget(m_scale);
    cells->addWidget(m_power, 1);
    addRow(*grid, 0, tr("&Title"), m_title);
    addRow(*grid, 1, tr("Short &name"), m_id);
    addRow(*grid, 2, tr("&Pixel size"), scale);
    addRow(*grid, 3, tr("&Licence"), m_licence);
    addRow(*grid, 4, tr("&Classes"), m_classes);
    static_cast<QLabel*>(grid->itemAtPosition(2, 0)->widget())->setBuddy(m_scale);
    m_classesLabel = static_cast<QLabel*>(grid->itemAtPosition(4, 0)->widget());
    connect(m_title, &QLineEdit::textEdited, this, [this](const QString& text) {
        if (!m_id->isModified()) m_id->setText(shortNameOf(text));
    });
    for (QLineEdit* edit : {m_title, m_id, m_scale, m_licence}) connect(edit, &QLineEdit::textChanged, this, &ModelQuestions::changed);
    connect(m_classes, &QPlainTextEdit::textChanged, this, &ModelQuestions::changed);
    connect(m_scale, &QLineEdit::textEdited, m_power, [this] { m_power->setCurrentIndex(0); });
    connect(m_power, &QComboBox::activated, this, &ModelQuestions::takeScale);
    setClasses(0);
}

void ModelQuestions::addRow(QGridLayout& grid, int row, const QString& text, QWidget* field) {
    auto* label = new QLabel(text, this);
    label->setBuddy(field);
    grid.addWidget(label, row, 0, row == 4 ? Qt::AlignTop : Qt::Alignment());
    grid.addWidget(field, row, 1);
}

void ModelQuestions::takeScale(int row) {
    const double scale = m_power->itemData(row).toDouble();
    m_scale->setText(scale > 0 ? QLocale().toString(scale) : QString());
}

void ModelQuestions::setSource(const QString& path) {
    const QString name = nameOf(path);
    if (!m_title->isModified()) m_title->setText(name);
    if (!m_id->isModified()) m_id->setText(shortNameOf(m_title->text()));
}

void ModelQuestions::setClasses(int count) {
    m_classCount = count;
    m_classes->setVisible(count > 0);
    m_classesLabel->setVisible(count > 0);
    m_classes->setPlaceholderText(count == 1 ? tr("The name of its class")
                                             : tr("%n names, one a line, in the order of the class numbers", nullptr, count));
}

AddModelOptions ModelQuestions::options() const {
    AddModelOptions options;
    options.id = m_id->text().trimmed().toStdString();
    options.title = m_title->text().simplified().toStdString();
    options.licence = m_licence->text().simplified().toStdString();
    options.micronsPerPixel = QLocale().toDouble(m_scale->text().trimmed());
    if (m_classCount == 0) return options;
    for (const QString& line : m_classes->toPlainText().split(QLatin1Char('\n')))
        if (!line.trimmed().isEmpty()) options.classLabels.push_back(line.simplified().toStdString());
    return options;
}

QString ModelQuestions::whyNotReady() const {
    static const QRegularExpression plainName(QStringLiteral("^[a-z0-9_-][a-z0-9._-]*$"));
    const AddModelOptions given = options();
    const QString id = fromUtf8(given.id);
    if (given.title.empty()) return tr("Give the model a title to add it.");
    if (!plainName.match(id).hasMatch())
        return tr("The short name may hold a to z, 0 to 9, \u201c-\u201d, \u201c_\u201d and \u201c.\u201d.");
    if (QFileInfo::exists(QDir(userModelFolder()).filePath(id)))
        return tr("You have a model \u201c%1\u201d already. Choose another short name.").arg(id);
    const QString scale = m_scale->text().trimmed();
    bool number = false;
    const double value = QLocale().toDouble(scale, &number);
    if (!scale.isEmpty() && (!number || value < smallestScale || value > largestScale))
        return tr("The pixel size must be a number between %1 and %2.")
            .arg(QLocale().toString(smallestScale), QLocale().toString(largestScale));
    if (int(given.classLabels.size()) > m_classCount) return tr("There are more names than classes: the model has %1.").arg(m_classCount);
    return {};
}

} // namespace phloxine::ui
